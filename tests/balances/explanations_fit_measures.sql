-- M2: an explanation that fits no measure explains nothing. Which, is said by measure_explanations.csv beside quality_measures.
{{ config(severity='warn') }}
select 1 as explanation_without_measure
from {{ ref('stg_settings__measure_explanations') }} as explanations
left join {{ ref('quality_measures') }} as measures
    on {{ sosdata.same_measure('measures', 'explanations') }}
where measures.measure_id is null
