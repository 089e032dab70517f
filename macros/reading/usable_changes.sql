{#- Changes of IC01, IC04, IC20 and IC51 take no part in chains, conflicts and loops (R3). -#}
{% macro is_usable_change() -%}
    {{ sosdata.is_well_formed_change() }}
    and not has_repeated_id
    and not holds_line_break
    and old_personal_identity_code <> new_personal_identity_code
{%- endmacro %}

{% macro is_well_formed_change() -%}
    source_system is not null
    and change_id is not null
    and {{ sosdata.is_personal_identity_code('old_personal_identity_code') }}
    and {{ sosdata.is_personal_identity_code('new_personal_identity_code') }}
{%- endmacro %}
