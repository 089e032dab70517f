-- The versions that were delivered, or that trials froze (F1, F2).
-- Grain: one row for each follow-up period and version.
-- Left out: of two freezes of one version, where an engine cannot lock, the one with the higher freeze_id.
with

freezes as (
    select
        follow_up_period,
        version,
        frozen_at,
        signed_by,
        reason,
        is_trial,
        extracted_on,
        project_version,
        freeze_id,
        row_number() over (
            partition by follow_up_period, version
            order by {{ sosdata.in_code_point_order('freeze_id') }}
        ) as place
    from {{ ref('base_record__deliveries') }}
)

select
    follow_up_period,
    version,
    frozen_at,
    signed_by,
    reason,
    is_trial,
    extracted_on,
    project_version,
    freeze_id,
    version = max(version) over (partition by follow_up_period) as is_latest
from freezes
where place = 1
