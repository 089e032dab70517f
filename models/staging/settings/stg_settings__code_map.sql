-- The code map that this build uses: the county's, in the demo with the demo's own rows.
-- Grain: one row for each source system, classification and local code.
-- Nothing is left out.
select
    source_system,
    classification,
    local_code,
    national_code
from {{ ref('base_settings__code_map') }}
{% if sosdata.is_demo() %}
union all
select
    source_system,
    classification,
    local_code,
    national_code
from {{ ref('demo_code_map') }}
{% endif %}
