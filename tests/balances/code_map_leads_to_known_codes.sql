-- C3: a mapping to a code outside a complete list, or without the form of an incomplete one, would reject every row that
-- uses it; one to a code outside an incomplete list cannot be verified.
{{ config(severity='warn') }}
select
    code_map.source_system,
    code_map.classification,
    code_map.local_code
from {{ ref('stg_settings__code_map') }} as code_map
left join {{ ref('int_codes') }} as codes
    on
        codes.classification = code_map.classification
        and codes.code = code_map.national_code
where codes.code is null
