-- S-I: clients are exactly the persons of sections II-V.
with

persons_of_sections as (
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
    coalesce(clients.follow_up_period, persons.follow_up_period) as follow_up_period,
    coalesce(clients.organiser_code, persons.organiser_code) as organiser_code
from {{ ref('sosdata_clients') }} as clients
full outer join persons_of_sections as persons
    on
        persons.follow_up_period = clients.follow_up_period
        and persons.organiser_code = clients.organiser_code
        and persons.personal_identity_code = clients.personal_identity_code
where clients.follow_up_period is null or persons.follow_up_period is null
