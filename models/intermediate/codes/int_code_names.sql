-- Names of every class in three languages: the Finnish one where a list has none in the language.
-- Grain: one row for each classification and code.
-- Nothing is left out. Wellbeing services counties (county) are here beside the code lists.
with

names as (
    select
        classification,
        code,
        name_en,
        name_sv,
        name_fi
    from {{ ref('int_codes') }}
    union all
    select
        cast('county' as {{ dbt.type_string() }}) as classification,
        code,
        {{ sosdata.empty_text() }} as name_en,
        name_sv,
        name_fi
    from {{ ref('codes_counties') }}
)

select
    classification,
    code,
    coalesce(name_en, name_fi) as name_en,
    coalesce(name_sv, name_fi) as name_sv,
    name_fi
from names
