{% macro join_client(rows) -%}
    left join {{ ref('int_clients__persons') }} as clients
        on
            clients.source_system = {{ rows }}.source_system
            and clients.client_id = {{ rows }}.client_id
{%- endmacro %}

{% macro join_code(classes, classification, code) -%}
    left join {{ ref('int_codes') }} as {{ classes }}
        on
            {{ classes }}.classification = '{{ classification }}'
            and {{ classes }}.code = {{ code }}
{%- endmacro %}

{#- Without an end, a start after the extract is judged by that day alone (R4). -#}
{% macro was_in_force(classes, started_on, ended_on) -%}
    {{ sosdata.overlaps(
        classes ~ '.valid_from', classes ~ '.valid_to',
        started_on, 'coalesce(' ~ ended_on ~ ', greatest(' ~ started_on ~ ', ' ~ sosdata.extracted_on() ~ '))'
    ) }}
{%- endmacro %}

{#- A pattern that is data is slow to match: each code is matched once, not each row. -#}
{% macro unverified_social_services(rows) -%}
    select codes.code
    from (select distinct social_service_code as code from {{ rows }}) as codes
    inner join {{ ref('classifications') }} as lists
        on
            lists.classification = 'social_service'
            and not lists.is_complete
            and (trim(coalesce(lists.code_form, '')) = '' or {{ sosdata.is_of_form('codes.code', 'trim(lists.code_form)') }})
{%- endmacro %}
