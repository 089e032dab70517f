-- Cases as the source contract has them.
-- Grain: one row for each case of the vendor.
-- Nothing is left out. Where the vendor wrote "ennen 2020" (before 2020) for the day of opening, there is no day but a mark.
select
    'tiedostot' as source_system,
    asianumero as case_id,
    asiakastunnus as client_id,
    cast(null as {{ dbt.type_string() }}) as organiser_code,
    palvelutehtava as service_task_code,
    case
        when lower(vireilletulo) = 'ennen 2020' then null
        else {{ sosdata.finnish_date('vireilletulo') }}
    end as opened_on,
    {{ day_or_open('paattyminen') }} as closed_on,
    case when lower(vireilletulo) = 'ennen 2020' then 'true' end as opened_before_2020,
    yksikko as unit
from {{ ref('vendor_asiat') }}
