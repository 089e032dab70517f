"""A build of a few rows with every relation that a delivery reads, and the record described."""

import json
from pathlib import Path
from types import SimpleNamespace

import duckdb
import yaml

from warehouse import PROJECT, read_seeds

PERIODS = ["2024Q1", "2024Q2"]
DAY = "2024-07-05"
ORGANISER = "1.2.246.10.32213086.10.0"
SETTINGS = {
    "follow_up_periods": PERIODS,
    "organiser_code": ORGANISER,
    "extracted_on": DAY,
    "sections": ["I", "II", "III", "IV", "V"],
    "decision_scope": [],
    "social_services_included": [],
    "delivery_formats": ["csv", "parquet"],
    "delivery_delimiter": ",",
    "delivery_encoding": "utf-8",
    "delivery_line_end": "lf",
    "delivery_header_language": "en",
}
# Artificial persons.
PERSONS = ["150601A921F", "010101A923F", "020202A925B"]
RECORD = yaml.safe_load(
    (PROJECT / "models/staging/record/_record__sources.yml").read_text(encoding="utf-8")
)["sources"][0]["tables"]
CODES = [
    ("organiser", ORGANISER, "Birkaland", "Pirkanmaa"),
    ("service_task", "10", "Barnskydd", "Lastensuojelu"),
    ("social_service", "46", "Socialt arbete", "Sosiaalityö"),
]


def manifest() -> SimpleNamespace:
    """What a manifest of dbt tells of the record."""
    sources = {
        table["name"]: SimpleNamespace(
            name=table["name"],
            source_name="record",
            package_name="sosdata",
            columns={
                column["name"]: SimpleNamespace(name=column["name"], data_type=column["data_type"])
                for column in table["columns"]
            },
        )
        for table in RECORD
    }
    return SimpleNamespace(metadata=SimpleNamespace(adapter_type="duckdb"), sources=sources)


def make_build(connection: duckdb.DuckDBPyConnection, persons: int = 2, **settings: object) -> None:
    """The relations of a build that passed; a person more is a row more in each section."""
    given = SETTINGS | settings
    chosen = ", ".join(f"'{code}'" for code in PERSONS[:persons])
    connection.execute(
        "create or replace table build_outcome as select true as is_whole, 0 as nodes_failed,"
        f" false as is_demo, '/nowhere' as source, '{DAY}' as extracted_on, true as"
        f" is_extract_day_given, '0.1.0' as project_version, '{json.dumps(given)}' as settings"
    )
    connection.execute(
        f"""
        create or replace table delivery_periods as
        select
            period as follow_up_period, last_day as ended_on, date '{DAY}' as extracted_on,
            last_day < date '{DAY}' as has_ended, '{" ".join(given["sections"])}' as sections,
            0 as period_gap_days, false as allow_provisional_codes, 7 as recorded_events
        from (
            values ('2024Q1', date '2024-03-31'), ('2024Q2', date '2024-06-30')
        ) as periods (period, last_day);
        create or replace table persons as
        select follow_up_period, '{ORGANISER}' as organiser_code,
            unnest([{chosen}]) as personal_identity_code
        from delivery_periods;
        create or replace table sosdata_clients as
        select *, '837' as home_municipality_code, '1' as sex_code from persons;
        create or replace table sosdata_service_task_periods as
        select *, '10' as service_task_code, date '2024-01-02' as started_on,
            cast(null as date) as ended_on
        from persons;
        create or replace table sosdata_child_protection_periods as
        select *, date '2024-01-02' as started_on, date '2024-02-01' as ended_on from persons;
        create or replace table sosdata_decisions as
        select persons.*, '46' as social_service_code, '10' as service_task_code,
            cast(null as date) as decided_on, date '2024-01-03' as valid_from,
            date '2025-01-01' as valid_until, '1' as decision_type_code
        from persons, range(2);
        create or replace table sosdata_services_received as
        select *, '46' as social_service_code, cast(null as varchar) as service_task_code,
            date '2024-01-03' as started_on, cast(null as date) as ended_on
        from persons;
        create or replace table delivery_note as
        select follow_up_period, cast(null as varchar) as section, 'extracted_on' as item,
            '{DAY}' as item_value
        from delivery_periods;
        create or replace table delivery_provisional_codes (
            follow_up_period varchar, code varchar
        );
        create or replace table quality_reconciliation as
        select 'cases' as source_table, unnest(['north', 'south']) as source_system, 9 as rows_in;
        create or replace table quality_catalogue as
        select 'CA09' as rule_id, 'Fel. Rätta.' as text_sv, 'Virhe. Korjaa.' as text_fi,
            'Wrong. Mend.' as text_en;
        create or replace table quality_violations as
        select rule_id, severity, 'cases' as source_table, 'north' as source_system,
            '7' as row_id, '8' as client_id, period as follow_up_period,
            'opened_on;closed_on' as column_name, 'a;"b",c' as observed_value,
            cast(null as varchar) as unit
        from (
            values ('CA09', 'error', null), ('CA09', 'error', null), ('DE07', 'error', '2024Q1'),
                ('DE07', 'error', '2024Q2'), ('CA51', 'warning', null)
        ) as listed (rule_id, severity, period);
        create or replace table stg_settings__information_sources as
        select 'north' as source_system, 'Nordliga systemet.' as text_sv,
            'Pohjoinen järjestelmä.' as text_fi, 'The northern system.' as text_en;
        create or replace table quality_measures (
            measure_id varchar, follow_up_period varchar, organiser_code varchar,
            service_task_code varchar, source_system varchar, value bigint, compared_with bigint,
            is_notable boolean, is_explained boolean
        );
        create or replace table quality_measure_rules as
        select 'ME02' as measure_id, 'Ett system tiger. Kontrollera.' as text_sv,
            'Järjestelmä vaikenee. Tarkista.' as text_fi, 'A system is silent. Look.' as text_en;
        create or replace table stg_settings__measure_explanations (
            measure_id varchar, follow_up_period varchar, organiser_code varchar,
            service_task_code varchar, source_system varchar, reason varchar
        );
        create or replace table int_codes (
            classification varchar, code varchar, name_sv varchar, name_fi varchar, name_en varchar
        );
        create or replace table delivery_columns (
            section varchar, column_name varchar, name_en varchar, name_sv varchar, name_fi varchar
        );
        """
    )
    connection.executemany("insert into int_codes values (?, ?, ?, ?, null)", CODES)
    rows = [[*row.values()] for row in read_seeds()["delivery_columns"]]
    connection.executemany("insert into delivery_columns values (?, ?, ?, ?, ?)", rows)


def build_file(file: Path, **settings: object) -> Path:
    """The same in a database file."""
    with duckdb.connect(str(file)) as connection:
        make_build(connection, **settings)
    return file
