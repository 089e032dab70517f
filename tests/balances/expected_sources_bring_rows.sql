-- Q4: an export that came empty, or a system that nobody knows, stops the pipeline before it is delivered.
select *
from {{ ref('quality_unexpected_sources') }}
