-- C3: a mapping to a code outside a complete list would reject every row that uses it.
{{ config(severity='warn') }}
select
    code_map.source_system,
    code_map.classification,
    code_map.local_code
from {{ ref('code_map') }} as code_map
left join {{ ref('classifications') }} as lists
    on lists.classification = code_map.classification
left join {{ ref('int_codes') }} as codes
    on
        codes.classification = code_map.classification
        and codes.code = code_map.national_code
where lists.classification is null or (codes.code is null and lists.is_complete)
