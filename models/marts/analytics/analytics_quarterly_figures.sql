-- How many clients there are in each quarter, how many are new, how much ended and how long it had lasted (A4).
-- Grain: one row for each follow-up period, organiser, service task, home municipality, age group and sex with a client.
-- Left out: cells without a client. True figures, small ones too: not to be shown to others as they are.
select
    follow_up_period,
    organiser_code,
    service_task_code,
    home_municipality_code,
    age_group,
    sex_code,
    clients,
    clients_new,
    periods_ended,
    clients_at_end,
    median_days
from {{ ref('int_quarterly_cells') }}
