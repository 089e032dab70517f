-- Section I: the clients of the delivered rows (S-I).
-- Grain: one row for each follow-up period, organiser and person.
-- Left out: persons without a row in sections II-V of that period.
with

clients_of_sections as (
    {% for section, relation, codes in sosdata.delivery_sections() if section != 'I' %}
    select
        follow_up_period,
        organiser_code,
        personal_identity_code
    from {{ ref(relation) }}
    {{ 'union' if not loop.last }}
    {% endfor %}
)

select
    clients.follow_up_period,
    clients.organiser_code,
    clients.personal_identity_code,
    persons.home_municipality_code,
    persons.sex_code
from clients_of_sections as clients
inner join {{ ref('int_persons') }} as persons
    on persons.personal_identity_code = clients.personal_identity_code
