"""The macros of macros/mapping/: one list of questions for all engines, more on DuckDB alone."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial
from itertools import product
from types import SimpleNamespace
from unittest import mock
from zoneinfo import ZoneInfo

import duckdb
import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult
from hypothesis import given, settings
from hypothesis import strategies as st

import test_engines
from engines import Engine
from warehouse import PROJECT, run_dbt

engine = test_engines.engine

HELSINKI = ZoneInfo("Europe/Helsinki")
SECRET = "131052-9XXX"
PART = "\n-- the next text\n"
STATUSES = ["new", "back", "ended", "moved", "waits", "odd", None]
LISTS = "opens=['new', 'back'], closes=['ended', 'moved'], keeps=['waits']"
WITH_ZONE = "'timestamp' if target.type == 'spark' else 'timestamp with time zone'"
DAYS = [date(2023, 1, 1) + timedelta(days=number) for number in range(731)]


def relation(**columns: list[str | None]) -> str:
    """Rows of texts as a subquery."""
    rows = zip(*columns.values(), strict=True)
    cells = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    return f"(select * from (values {cells}) as v({', '.join(columns)}))"


def literal(cell: str | None) -> str:
    return "null" if cell is None else f"'{cell}'"


def moments() -> list[datetime]:
    """Each half hour, and the last second before it, around both changes of the clock."""
    starts = [datetime(2024, 3, 30, 20, tzinfo=UTC), datetime(2024, 10, 26, 20, tzinfo=UTC)]
    seconds = [1800 * number - less for number in range(56) for less in (0, 1)]
    return [start + timedelta(seconds=number) for start in starts for number in seconds]


DATES = {
    "5.1.2024": "2024-01-05",
    "05.01.2024": "2024-01-05",
    " 5.01.2024 ": "2024-01-05",
    "29.2.2024": "2024-02-29",
    "5.1.2024 0.00": "2024-01-05",
    "5.1.2024 00:00": "2024-01-05",
    "5.1.2024 0:00:00": "2024-01-05",
    "05.01.2024 00.00.00": "2024-01-05",
    "31.12.9999": "9999-12-31",
    "2024-01-05": "2024-01-05",
    "2024-01-05 00:00:00": "2024-01-05 00:00:00",
    # No such dates: they stay.
    "29.2.2023": "29.2.2023",
    "31.4.2024": "31.4.2024",
    "0.1.2024": "0.1.2024",
    "32.1.2024": "32.1.2024",
    "1.13.2024": "1.13.2024",
    "5.1.24": "5.1.24",
    "5.1.0000": "5.1.0000",
    "005.1.2024": "005.1.2024",
    "5.1.2024 13.45": "5.1.2024 13.45",
    "5.1.2024 0.01": "5.1.2024 0.01",
    "5.1.2024x": "5.1.2024x",
    "5/1/2024": "5/1/2024",
    "tammikuu": "tammikuu",
    "5.1.": "5.1.",
    "": None,
    "  ": None,
    None: None,
}
TEXT_MOMENTS = {
    "2024-03-30T22:30:00Z": "2024-03-31",
    "2024-03-31 21:30": "2024-04-01",
    "2024-03-31 23:30+03:00": "2024-03-31",
    "2024-03-31": "2024-03-31",
    "31.3.2024 21:30": "31.3.2024 21:30",
    "2024-02-30 21:30": "2024-02-30 21:30",
    "soon": "soon",
    " ": None,
    None: None,
}
LOCAL_MOMENTS = {
    "2024-03-31 23:59:59": "2024-03-31",
    "2024-03-31 00:00": "2024-03-31",
    "2024-03-30T22:30:00Z": "2024-03-31",
    "2024-03-30 22:30:00+00": "2024-03-31",
    "2024-03-31": "2024-03-31",
}
MUNICIPALITIES = {
    "091": "091",
    "91": "091",
    "0091": "091",
    "5": "005",
    "Helsinki": "091",
    "HELSINGFORS": "091",
    " helsinki ": "091",
    "ÄHTÄRI": "989",
    "etseri": "989",
    "ÅBO": "853",
    "Åbo": "853",
    "Heinola mlk": "089",
    # Names that stand twice: who goes on wins.
    "Akaa": "020",
    "Lojo": "444",
    "Karleby": "272",
    "Ikaalinen": "143",
    "vörå": "946",
    # Not found: they stay.
    "9999": "9999",
    "000": "000",
    "Atlantis": "Atlantis",
    "Helsinki kaupunki": "Helsinki kaupunki",
    "": None,
    None: None,
}
CHANGES = [
    # A plain case, two openings, both changes of one moment in either order of their ids.
    ("a", "2024-01-02", "1", "new"),
    ("a", "2024-02-01", "2", "ended"),
    ("a", "2024-03-01", "3", "back"),
    ("b", "2024-01-02", "2", "ended"),
    ("b", "2024-01-02", "1", "new"),
    ("c", "2024-01-01", "1", "new"),
    ("c", "2024-01-02", "2", "ended"),
    ("c", "2024-01-02", "3", "new"),
    # Statuses that change nothing, repeat or end twice.
    ("d", "2024-01-01", "1", "waits"),
    ("d", "2024-01-02", "2", "new"),
    ("d", "2024-01-03", "3", " back "),
    ("d", "2024-01-04", "4", "waits"),
    ("d", "2024-01-05", "5", "moved"),
    ("d", "2024-01-06", "6", "ended"),
    # An end without a beginning; nothing but waiting; what cannot be judged.
    ("e", "2024-01-05", "1", "ended"),
    ("f", "2024-01-05", "1", "waits"),
    ("g", "2024-01-01", "1", "odd"),
    ("g", "2024-01-02", "2", "new"),
    ("g", None, "3", "ended"),
    ("g", "2024-01-04", "4", None),
    ("g", "2024-01-05", None, "new"),
    ("g", "kevät", "5", "ended"),
]
PERIODS = [
    ("a", 1, "2024-01-02", "2024-02-01"),
    ("a", 2, "2024-03-01", None),
    ("b", 1, "2024-01-02", "2024-01-02"),
    ("c", 1, "2024-01-01", "2024-01-02"),
    ("c", 2, "2024-01-02", None),
    ("d", 1, "2024-01-02", "2024-01-05"),
    ("e", 1, None, "2024-01-05"),
    ("g", 1, "2024-01-02", "kevät"),
    ("g", 2, "change without a day or a place: ended", None),
    ("g", 3, "change without a day or a place: new", None),
    ("g", 4, "status in no list: ", None),
    ("g", 5, "status in no list: odd", None),
]


def about(macro: str, answers: dict[str | None, str | None]) -> tuple[str, list[tuple]]:
    """What a macro makes of texts, as a query and its rows."""
    numbers = [str(number) for number in range(len(answers))]
    texts = relation(number=numbers, text=list(answers))
    rows = [*zip(numbers, answers.values(), strict=True)]
    return f"select number, {macro} as answer from {texts} as texts", rows


def about_moments(arguments: str, zone: tzinfo, offset: str = "") -> tuple[str, list[tuple]]:
    """The days of moments(), given by a clock in a zone."""
    macro = f"{{{{ sosdata.finnish_day({arguments}) }}}}"
    clocks = [f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}{offset}" for moment in moments()]
    days = [moment.astimezone(HELSINKI).date().isoformat() for moment in moments()]
    return about(macro, dict(zip(clocks, days, strict=True)))


def about_alive(**arguments: str) -> tuple[str, list[tuple]]:
    """Rows that began before, on or after a day, or at no known one, and ended so."""
    days = ["2024-03-30", "2024-03-31", "2024-04-01", None]
    pairs = [*product(days, days)]
    numbers = [str(number) for number in range(len(pairs))]
    rows = relation(number=numbers, began=[p[0] for p in pairs], ended=[p[1] for p in pairs])
    told = ", ".join(f"{name}='{value}'" for name, value in arguments.items())
    is_alive = f"{{{{ sosdata.alive_on(\"'2024-03-31'\", valid_to='ended', {told}) }}}}"
    last = "2024-03-31" if arguments["ends"] == "included" else "2024-04-01"
    expected = [
        (number,)
        for number, (began, ended) in zip(numbers, pairs, strict=True)
        if ("valid_from" not in arguments or began is None or began <= "2024-03-31")
        and (ended is None or ended >= last)
    ]
    return f"select number from {rows} as given where {is_alive}", expected


def about_periods(rows: str) -> str:
    return (
        f"with changes as (select * from {rows} as given) select key, period_number, opened_on,"
        " closed_on from ({{ sosdata.status_periods('changes', keys=['key'], day='day',"
        f" status='status', {LISTS}, order_by=['day', 'id']) }}}}) as periods"
    )


def questions() -> dict[str, tuple[str, list[tuple]]]:
    """What each engine is asked: a query and its rows, in any order."""
    homes = list(MUNICIPALITIES)
    numbers = [str(number) for number in range(len(homes))]
    keys, days, ids, statuses = map(list, zip(*CHANGES, strict=True))
    without_zone = "'cast(text as ' ~ sosdata.moment_type() ~ ')'"
    return {
        "finnish dates": about("{{ sosdata.finnish_date('text') }}", DATES),
        "each day of two years": about(
            "{{ sosdata.finnish_date('text') }}",
            {f"{day.day}.{day.month}.{day.year}": f"{day}" for day in DAYS}
            | {f"{day:%d.%m.%Y}": f"{day}" for day in DAYS},
        ),
        "moments with a zone": about_moments(
            f"'cast(text as ' ~ ({WITH_ZONE}) ~ ')', zone='Asia/Tokyo'", UTC, "+00:00"
        ),
        "moments in UTC": about_moments(without_zone, UTC),
        "moments of a Finnish clock": about_moments(
            f"{without_zone}, zone='Europe/Helsinki'", HELSINKI
        ),
        "days": about(
            "{{ sosdata.finnish_day('cast(text as date)') }}", {"2024-03-31": "2024-03-31"}
        ),
        "moments that are none": about(
            "{{ sosdata.finnish_day('cast(text as timestamp with time zone)')"
            " if target.type != 'spark' else 'text' }}",
            {"infinity": "infinity", "-infinity": "-infinity", None: None},
        ),
        "moments as text": about("{{ sosdata.finnish_day_of_text('text') }}", TEXT_MOMENTS),
        "local moments as text": about(
            "{{ sosdata.finnish_day_of_text('text', zone='Europe/Helsinki') }}", LOCAL_MOMENTS
        ),
        "municipalities": (
            "select number, {{ sosdata.municipality_code('given', 'home') }} as code from"
            f" {relation(number=numbers, home=homes)} as given"
            " {{ sosdata.join_municipality('given', 'home') }}",
            [*zip(numbers, MUNICIPALITIES.values(), strict=True)],
        ),
        "alive, ends included": about_alive(ends="included", valid_from="began"),
        "alive, ends excluded": about_alive(ends="excluded", valid_from="began"),
        "not deleted": about_alive(ends="excluded"),
        "status periods": (
            about_periods(relation(key=keys, day=days, id=ids, status=statuses)),
            PERIODS,
        ),
        **examples(),
    }


def examples() -> dict[str, tuple[str, list[tuple]]]:
    """The examples of docs/mapping.md that have a result."""
    page = (PROJECT / "docs/mapping.md").read_text(encoding="utf-8")
    found = re.findall(r"```sql\n(.*?)```\n\n```text\n(.*?)```", page, re.DOTALL)
    assert len(found) == page.count("```sql") == 5
    return {
        f"example {number}": (
            query,
            [tuple(c.strip() or None for c in line.split("|")) for line in rows.splitlines()],
        )
        for number, (query, rows) in enumerate(found, 1)
    }


def compiled(dbt: Callable[[list[str]], dbtRunnerResult], texts: list[str]) -> list[str]:
    """What dbt makes of texts with macros, all of them at once."""
    done = dbt(["compile", "--inline", PART.join(texts)])
    assert done.success, done.exception
    return done.result.results[0].node.compiled_code.split(PART)


def in_any_order(rows: Iterable[Iterable[object]]) -> list[tuple]:
    cells = (tuple(None if cell is None else str(cell) for cell in row) for row in rows)
    return sorted(cells, key=str)


def wrong_answers(queries: list[str], ask: Callable[[str], list[tuple]]) -> dict[str, list]:
    """Of each question, the rows found and not expected, and the other way round."""
    wrong = {}
    for (name, (_, expected)), query in zip(questions().items(), queries, strict=True):
        found, right = in_any_order(ask(query)), in_any_order(expected)
        if found != right:
            wrong[name] = [set(found) - set(right), set(right) - set(found)]
    return wrong


@pytest.mark.engines
def test_macros_mean_the_same_on_each_engine(engine: Engine) -> None:
    """Whatever the zone of the session."""
    engine.load({})
    assert engine.dbt(["seed", "--select", "codes_municipalities"], {}).success
    queries = compiled(
        lambda command: engine.dbt(command, {}), [q for q, _ in questions().values()]
    )
    for session in engine.sessions:
        with engine.using(session):
            assert wrong_answers(queries, engine.rows) == {}, session


class Here(SimpleNamespace):
    """What the tests on DuckDB share."""

    def __repr__(self) -> str:
        return "here"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """DuckDB with the municipalities, what it is asked, and a file that it is told to read."""
    folder = tmp_path_factory.mktemp("mapping")
    file = folder / "vendor's [1].csv"
    with duckdb.connect(str(folder / "sosdata.duckdb")) as connection:
        connection.execute(
            "create table codes_municipalities as"
            f" select * from read_csv('{PROJECT}/seeds/codes/codes_municipalities.csv',"
            " types = {'code': 'varchar', 'valid_from': 'date', 'valid_to': 'date'})"
        )
    reading = "{{ sosdata.read_semicolon_csv(%s, ['id', 'Päivä'], encoding='%s') }}"
    texts = [
        *(query for query, _ in questions().values()),
        *(reading % (json.dumps(str(file)), encoding) for encoding in ("windows-1252", "utf-8")),
        "{{ sosdata.from_windows_1252(sosdata.bytes_as_text('content')) }}",
        about_periods("tried_changes"),
    ]
    manifest = run_dbt(folder, ["parse"]).result

    def dbt(command: list[str]) -> dbtRunnerResult:
        """dbt with a project that is parsed once."""
        with mock.patch("warehouse.dbtRunner", partial(dbtRunner, manifest=manifest)):
            return run_dbt(folder / "dbt", command, SOSDATA_DUCKDB_PATH=folder / "sosdata.duckdb")

    *queries, windows, utf8, all_bytes, periods = compiled(dbt, texts)
    with duckdb.connect(str(folder / "sosdata.duckdb")) as connection:
        yield Here(
            dbt=dbt,
            queries=queries,
            windows=windows,
            utf8=utf8,
            all_bytes=all_bytes,
            periods=periods,
            file=file,
            execute=connection.execute,
            executemany=connection.executemany,
            rows=lambda query: connection.execute(query).fetchall(),
        )


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/St_Johns"])
def test_macros_answer_on_duckdb(here: Here, zone: str) -> None:
    here.execute(f"set timezone = '{zone}'")
    assert wrong_answers(here.queries, here.rows) == {}


def plain_periods(changes: list[tuple]) -> list[tuple]:
    """The periods of one key, by walking through its changes."""
    periods, told, state = [], [], None
    judged = [c for c in changes if None not in c[:2] and c[2] not in ("odd", None)]
    for day, _, status in sorted(judged, key=lambda change: change[:2]):
        if status in ("new", "back"):
            if state != "open":
                periods.append([day, None])
            state = "open"
        elif status in ("ended", "moved"):
            if state == "open":
                periods[-1][1] = day
            elif state is None:
                periods.append([None, day])
            state = "closed"
    for day, number, status in changes:
        if day is None or number is None:
            told.append([f"change without a day or a place: {status or ''}", None])
        elif status in ("odd", None):
            told.append([f"status in no list: {status or ''}", None])
    return in_any_order([*periods, *told])


CHANGES_OF_KEY = st.lists(
    st.tuples(
        st.sampled_from([None, *(f"2024-01-0{number}" for number in range(1, 6))]),
        st.one_of(st.none(), st.integers(0, 99)),
        st.sampled_from(STATUSES),
    ),
    max_size=12,
    unique_by=lambda change: change[1] if change[1] is not None else object(),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(CHANGES_OF_KEY, min_size=1, max_size=8))
def test_periods_are_those_of_a_plain_walk(here: Here, keys: list[list[tuple]]) -> None:
    here.execute(
        "create or replace temp table tried_changes (key int, day text, id int, status text)"
    )
    rows = [(key, *change) for key, changes in enumerate(keys) for change in changes]
    here.executemany("insert into tried_changes values (?, ?, ?, ?)", rows or [(None,) * 4])
    found = here.rows(here.periods)
    for key, changes in enumerate(keys):
        mine = [row for row in found if row[0] == key]
        assert in_any_order(row[2:] for row in mine) == plain_periods(changes)
        assert sorted(row[1] for row in mine) == [*range(1, len(mine) + 1)]


def test_each_byte_of_windows_1252_is_its_character(here: Here) -> None:
    """The five bytes that are no characters stay, as what nobody writes."""
    here.file.write_bytes(bytes(range(256)))
    [(found,)] = here.rows(f"select {here.all_bytes} from read_blob('{here.file.parent}/*.csv')")
    expected = "".join(
        bytes([n]).decode("latin-1" if n in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else "cp1252")
        for n in range(256)
    )
    assert found == expected


CELLS = st.text(
    st.sampled_from('aä€–”Š;;""\n\n ,\'\\')
    | st.characters(codec="cp1252", exclude_characters="\r\0"),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["cp1252", "utf-8", "utf-8-sig"]),
)
def test_files_are_read_as_written(
    here: Here, rows: list[tuple], line_end: str, quoting: int, encoding: str
) -> None:
    rows = [row for row in rows if not any(looks_like_row(cell) for cell in row)]
    lines = [line_of(row, quoting) + line_end for row in [("Päivä", "not read", "id"), *rows]]
    here.file.write_bytes("".join(lines).encode(encoding))
    query = here.windows if encoding == "cp1252" else here.utf8
    assert here.rows(f"from {query}") == [(row[2] or None, row[0] or None) for row in rows]


def line_of(row: tuple, quoting: int) -> str:
    """A row without its line end; a cell with LF is quoted, whatever the line ends are."""
    line = io.StringIO()
    csv.writer(line, delimiter=";", quoting=quoting, lineterminator="\r\n").writerow(row)
    return line.getvalue().removesuffix("\r\n")


def looks_like_row(cell: str) -> bool:
    return "\n" in cell and any(line.count(";") == 2 for line in cell.split("\n"))


HEADER = "id;Päivä;x\n"
LINE = f"1;{SECRET};x\n"
FAULTS = {
    "": " is empty, or its first line is.",
    "\n" + HEADER: " is empty, or its first line is.",
    "id,Päivä,x\n" + LINE: " has no column id. Its first line must be the header",
    "id;päivä\n": " has no column Päivä.",
    "id;Päivä;id\n": " has the column id more than once.",
    HEADER + LINE + f"2;{SECRET}\n": ": line 3 has fewer cells than the header.",
    HEADER + LINE + "\n" + LINE[:-1] + ";\n": ": line 4 has more cells than the header.",
    HEADER + f'1;"a\nb";x\n2;{SECRET}\n': ": line 4 has fewer cells than the header.",
    HEADER + LINE + f'2;{SECRET} "a";x\n': ": line 3 has a quotation mark that is not doubled",
    HEADER + LINE + f'2;"{SECRET}"a;x\n': ": line 3 has a quotation mark that is not doubled",
    HEADER + LINE + f'2;"{SECRET};x\n' + LINE: ": line 3 has a quotation mark that is never",
    HEADER + f'1;"a\n{LINE}b";x\n': ": the row that begins in line 2 holds what looks like",
    HEADER + "1;\0;x\n": " is UTF-16, or no text at all.",
}


@pytest.mark.parametrize(("content", "told"), FAULTS.items(), ids=range(len(FAULTS)))
def test_faults_are_named_without_the_cells(here: Here, content: str, told: str) -> None:
    for encoding, query in {"cp1252": here.windows, "utf-8": here.utf8}.items():
        here.file.write_bytes(content.encode(encoding))
        message = fault_of(here, query)
        assert f"{here.file.name}{told}" in message
        assert SECRET not in message
        assert "LINE" not in message


def fault_of(here: Here, query: str) -> str:
    """What reading the file says, also where only its rows are counted."""
    messages = []
    for columns in ("*", "count(*)"):
        with pytest.raises(duckdb.Error) as caught:
            here.rows(f"select {columns} from {query}")
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    return messages[0]


def test_missing_file_is_named(here: Here) -> None:
    here.file.unlink(missing_ok=True)
    told = f"{here.file.name} does not exist: {here.file} is no file."
    assert told in fault_of(here, here.windows) and told in fault_of(here, here.utf8)


def test_other_encodings_are_named(here: Here) -> None:
    here.file.write_bytes((HEADER + LINE).encode("cp1252"))
    assert " is not UTF-8. Read it with the encoding windows-1252." in fault_of(here, here.utf8)
    here.file.write_bytes((HEADER + LINE).encode("utf-8-sig"))
    assert " is UTF-8. Read it with the encoding utf-8." in fault_of(here, here.windows)


WRONG_CALLS = {
    "status_periods('t', ['k'], 'd', 's', 'new', ['ended'], ['d'])": "opens must be a list",
    "status_periods('t', ['k'], 'd', 's', ['new'], [], ['d'])": "closes is empty",
    "status_periods('t', ['k'], 'd', 's', [1], ['1'], ['d'])": "'1' stands in opens and in closes",
    "alive_on('d', 't', 'open')": "ends must be 'included'",
    "read_semicolon_csv('f', 'id')": "columns must be a list",
    "read_semicolon_csv('f', ['id'], 'latin-1')": "encoding must be 'windows-1252' or 'utf-8'",
}


@pytest.mark.parametrize(("call", "told"), WRONG_CALLS.items(), ids=range(len(WRONG_CALLS)))
def test_wrong_calls_are_named(
    here: Here, capsys: pytest.CaptureFixture, call: str, told: str
) -> None:
    assert not here.dbt(["compile", "--inline", f"{{{{ sosdata.{call} }}}}"]).success
    assert told in capsys.readouterr().out
