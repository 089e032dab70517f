-- What the county writes of its information sources, trimmed, in the demo with the demo's own (S-NOTE, F7).
-- Grain: one row for each source system.
-- Left out: rows without anything in them. A row without a system, or a second one of it, stops the build.
{{ config(pre_hook="{{ sosdata.stop_on_wrong_information_sources(ref('information_sources')) }}") }}
with

sources as (
    select
        {{ sosdata.trimmed('source_system') }} as source_system,
        {{ sosdata.trimmed('text_sv') }} as text_sv,
        {{ sosdata.trimmed('text_fi') }} as text_fi,
        {{ sosdata.trimmed('text_en') }} as text_en
    from {{ ref('information_sources') }}
)

select
    source_system,
    text_sv,
    text_fi,
    text_en
from sources
where source_system is not null
{% if sosdata.is_demo() %}
union all
select
    demo.source_system,
    demo.text_sv,
    demo.text_fi,
    demo.text_en
from {{ ref('demo_information_sources') }} as demo
left join sources on sources.source_system = demo.source_system
where sources.source_system is null
{% endif %}
