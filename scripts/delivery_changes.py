"""By which rows two versions of a delivery differ, as a query of DuckDB."""

import duckdb

from layout import SECTIONS, columns_of

# In the order in which the sections first name them.
COLUMNS = {
    "organiser_code": "varchar",
    "personal_identity_code": "varchar",
    "home_municipality_code": "varchar",
    "sex_code": "varchar",
    "service_task_code": "varchar",
    "started_on": "date",
    "ended_on": "date",
    "social_service_code": "varchar",
    "decided_on": "date",
    "valid_from": "date",
    "valid_until": "date",
    "decision_type_code": "varchar",
}
# What stays the same in a row that changed.
KEYS = {
    "I": ["organiser_code", "personal_identity_code"],
    "II": ["organiser_code", "personal_identity_code", "service_task_code", "started_on"],
    "III": ["organiser_code", "personal_identity_code", "started_on"],
}


def changes(
    connection: duckdb.DuckDBPyConnection,
    period: str,
    version: int,
    before: dict[str, str],
    now: dict[str, str],
) -> str:
    """A query of delivery_changes; `before` and `now` are queries of a section's rows, by section.

    A section that one of them lacks has no rows there.
    """
    parts = []
    for section, relation in SECTIONS.items():
        columns = [name for name in columns_of(connection, relation) if name in COLUMNS]
        nothing = f"select {', '.join(columns)} from {relation} where false"
        parts.append(
            _of_section(section, columns, before.get(section, nothing), now.get(section, nothing))
        )
    return (
        f"select '{period}' as follow_up_period, {version} as version, section, change,"
        f" {', '.join(COLUMNS)} from ({' union all '.join(parts)}) as changed"
    )


def _of_section(section: str, columns: list[str], before: str, now: str) -> str:
    """Alike rows are numbered, so that they count; both sides of one key are one changed row."""
    named = ", ".join(columns)
    key = KEYS.get(section)
    in_both = f"count(distinct side) over (partition by {', '.join(key)}) = 2" if key else "false"
    shown = ", ".join(
        name if name in columns else f"cast(null as {kind}) as {name}"
        for name, kind in COLUMNS.items()
    )

    def numbered(rows: str) -> str:
        return (
            f"select {named}, row_number() over (partition by {named}) as copy"
            f" from ({rows}) as section_rows"
        )

    return f"""
        select
            '{section}' as section,
            case
                when {in_both} then 'changed_' || case side when 1 then 'from' else 'to' end
                when side = 1 then 'removed'
                else 'added'
            end as change,
            {shown}
        from (
            select 1 as side, {named} from ({numbered(before)} except {numbered(now)}) as removed
            union all
            select 2 as side, {named} from ({numbered(now)} except {numbered(before)}) as added
        ) as differing
    """
