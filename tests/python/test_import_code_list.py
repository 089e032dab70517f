"""The import of a national code list (K4), on small seeds made for each test."""

import csv
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "import_code_list.py"

spec = importlib.util.spec_from_file_location("import_code_list", SCRIPT)
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)

Call = Callable[..., SimpleNamespace]
Load = Callable[..., SimpleNamespace]
SEEDS = {
    "classifications.csv": (
        "classification,name,oid,code_server_key,source,as_of,is_complete\n"
        "municipality,Kuntakoodit,1.2.246.537.6.21,362,found here and there,2024-01-01,true\n"
        "service_task,Palvelutehtävä,1.2.246.537.6.1221,704,by name only,2024-01-01,false\n"
        "social_service,Sosiaalipalvelu,1.2.246.537.6.1222,703,by name only,2024-01-01,false\n"
        "decision_type,Ratkaisun laji,1.2.246.537.6.1248,1249,by name only,2024-01-01,false\n"
        "organiser,SOTE-organisaatiorekisteri,1.2.246.537.6.202,421,by hand,2024-01-01,false\n"
        "sex,Sukupuoli,1.2.246.537.5.1,237,by hand,2024-01-01,false\n"
    ),
    "codes_service_tasks.csv": (
        "code,name_en,name_sv,name_fi,is_delivered,is_child_protection,status,valid_from,valid_to\n"
        "X-ELDERLY,elderly services,Äldreservice,Iäkkäiden palvelut,true,false,provisional,,\n"
        "X-FAMILY-LAW,family-law services,Familjerättslig service,Perheoikeudelliset palvelut,"
        "false,false,provisional,,\n"
        "10,child protection,Barnskydd,Lastensuojelu,true,true,national,,\n"
    ),
    "codes_decision_types.csv": (
        "code,name_en,name_sv,name_fi,meaning,status,valid_from,valid_to\n"
        "1,Positive,Positivt beslut,Myönteinen ratkaisu,positive,national,,\n"
        "X-PARTLY,Partly positive,Delvis positivt beslut,Osittain myönteinen ratkaisu,"
        "partly_positive,provisional,,\n"
    ),
    "codes_municipalities.csv": (
        "code,name_sv,name_fi,status,valid_from,valid_to\n"
        "001,Ahlainen,Ahlainen,national,,2007-12-31\n"
        "005,Alajärvi,Alajärvi,national,,\n"
        "091,Helsingfors,Helsinki,national,,\n"
    ),
    "codes_social_services.csv": (
        "code,name_sv,name_fi,status,valid_from,valid_to\n"
        "1,,Vanha nimi,national,,\n"
        "46,Socialt arbete,Sosiaalityö,national,,\n"
    ),
    "codes_organisers.csv": (
        "code,name_sv,name_fi,status,valid_from,valid_to,evidence\n"
        "1.2.246.10.1.10.0,Ett område,Eräs alue,national,,,conflict\n"
    ),
    "codes_sexes.csv": (
        "code,name_en,name_sv,name_fi,status,valid_from,valid_to\n2,Female,,Nainen,national,,\n"
    ),
}


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """A folder with the seeds above."""
    folder = tmp_path / "codes"
    folder.mkdir()
    for name, text in SEEDS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the script's main: call(*arguments) -> exit code, output and error output."""

    def run(*arguments: str | Path) -> SimpleNamespace:
        code = script.main([str(argument) for argument in arguments])
        output, errors = capsys.readouterr()
        return SimpleNamespace(returncode=code, stdout=output, stderr=errors)

    return run


@pytest.fixture
def load(seeds: Path, tmp_path: Path, call: Call) -> Load:
    """Import texts, one file each: load(classification, text, ..., options=[...])."""

    def run(
        classification: str, *texts: str | bytes, options: Sequence[str] = (), suffix: str = ".csv"
    ) -> SimpleNamespace:
        paths = []
        for number, text in enumerate(texts, start=1):
            path = tmp_path / f"list_{number}{suffix}"
            path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
            paths.append(path)
        return call(classification, *paths, "--seeds", seeds, "--as-of", "2026-03-01", *options)

    return run


def rows(folder: Path, name: str) -> dict[str, dict]:
    """{key: row} of a seed, by its first column."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    return {next(iter(row.values())): row for row in found}


def rest(*concepts: dict, **page: object) -> str:
    """A page of the REST interface."""
    return json.dumps({"conceptCodes": list(concepts), **page}, ensure_ascii=False)


def concept(code: str, name: str, sv: str | None = None, **more: object) -> dict:
    """A concept code as the REST interface gives it."""
    attributes = [{"attributeName": "LongName", "attributeValue": [name]}]
    if sv:
        attributes.append({"attributeName": "LongName", "attributeValue": [sv], "language": "sv"})
    return {"conceptCodeId": code, "status": "ACTIVE", "attributes": attributes, **more}


def assert_refused(
    result: SimpleNamespace | subprocess.CompletedProcess, seeds: Path, *words: str
) -> None:
    """One sentence with these words, a failing exit code, and seeds as they were."""
    assert result.returncode != 0
    assert result.stderr.count("\n") == 1 and "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr
    found = {path.name: path.read_text(encoding="utf-8") for path in seeds.iterdir()}
    assert found == SEEDS


# What becomes of the rows


def test_replaces_names_validity_and_status_and_keeps_own_columns(load: Load, seeds: Path) -> None:
    text = (
        "code,name_fi,name_sv,valid_from,valid_to\n10,Uusi nimi,Nytt namn,2015-01-01,2030-12-31\n"
    )
    result = load("service_task", text)
    assert result.returncode == 0, result.stderr
    assert rows(seeds, "codes_service_tasks.csv")["10"] == {
        "code": "10",
        "name_en": "child protection",
        "name_sv": "Nytt namn",
        "name_fi": "Uusi nimi",
        "is_delivered": "true",
        "is_child_protection": "true",
        "status": "national",
        "valid_from": "2015-01-01",
        "valid_to": "2030-12-31",
    }


@pytest.mark.parametrize("names", ["IÄKKÄIDEN   palvelut,", "Vanhuspalvelut,äldreservice"])
def test_new_code_takes_over_from_the_provisional_row_of_the_same_name(
    load: Load, seeds: Path, names: str
) -> None:
    result = load("service_task", f"code,name_fi,name_sv\n10,,\n25,{names}\n")
    tasks = rows(seeds, "codes_service_tasks.csv")
    assert "X-ELDERLY" not in tasks
    assert tasks["25"]["name_en"] == "elderly services"
    assert (tasks["25"]["is_delivered"], tasks["25"]["status"]) == ("true", "national")
    assert "25" in result.stdout and "X-ELDERLY" in result.stdout


def test_the_finnish_name_decides_where_two_provisional_rows_match(load: Load, seeds: Path) -> None:
    text = "code,name_fi,name_sv\n10,,\n25,Perheoikeudelliset palvelut,Äldreservice\n"
    load("service_task", text)
    tasks = rows(seeds, "codes_service_tasks.csv")
    assert tasks.keys() == {"10", "25", "X-ELDERLY"} and tasks["25"]["is_delivered"] == "false"


def test_new_code_takes_nothing_over_from_a_national_row_of_the_same_name(
    load: Load, seeds: Path
) -> None:
    result = load("service_task", "code,name_fi\n10,\n11,Lastensuojelu\n")
    assert_refused(result, seeds, "--set 11.is_delivered=")


def test_a_code_that_the_seed_has_takes_nothing_over(load: Load, seeds: Path) -> None:
    load("service_task", "code,name_fi\n10,Iäkkäiden palvelut\n")
    tasks = rows(seeds, "codes_service_tasks.csv")
    assert "X-ELDERLY" in tasks and tasks["10"]["name_en"] == "child protection"


def test_provisional_row_without_a_match_stays_and_is_named(load: Load, seeds: Path) -> None:
    result = load("decision_type", "code,name_fi\n1,Myönteinen ratkaisu\n")
    types = rows(seeds, "codes_decision_types.csv")
    assert types["X-PARTLY"]["status"] == "provisional"
    assert "X-PARTLY" in result.stdout


@pytest.mark.parametrize(
    ("classification", "known", "options", "values"),
    [
        (
            "service_task",
            "10",
            "--set 77.is_delivered=… --set 77.is_child_protection=… "
            "--set 78.is_delivered=… --set 78.is_child_protection=…",
            "is_delivered is true or false",
        ),
        (
            "decision_type",
            "1",
            "--set 77.meaning=… --set 78.meaning=…",
            "meaning is positive or negative or partly_positive",
        ),
    ],
)
def test_all_unknown_own_columns_of_new_classes_are_told_as_ready_options(
    load: Load, seeds: Path, classification: str, known: str, options: str, values: str
) -> None:
    text = f"code,name_fi,name_sv\n{known},,\n77,Aivan uusi luokka,\n78,,Helt ny\n"
    result = load(classification, text)
    assert_refused(result, seeds, options, values, "77 is Aivan uusi luokka", "78 is Helt ny")


def test_set_gives_the_own_columns_of_a_new_class(load: Load, seeds: Path) -> None:
    options = ["--set", "77.is_delivered=false", "--set", "77.is_child_protection=true"]
    result = load("service_task", "code,name_fi\n10,\n77,Aivan uusi\n", options=options)
    assert result.returncode == 0, result.stderr
    task = rows(seeds, "codes_service_tasks.csv")["77"]
    assert (task["is_delivered"], task["is_child_protection"]) == ("false", "true")


def test_the_last_set_of_a_column_counts(load: Load, seeds: Path) -> None:
    options = ["--set", "10.is_delivered=true", "--set", "10.is_delivered=false"]
    load("service_task", "code,name_fi\n10,\n", options=options)
    text = (seeds / "codes_service_tasks.csv").read_text(encoding="utf-8")
    assert "10,child protection,Barnskydd,Lastensuojelu,false,true,national,,\n" in text


def test_set_reaches_a_code_with_dots(load: Load, seeds: Path) -> None:
    options = ["--set", "1.2.246.10.1.10.0.evidence=confirmed"]
    load("organiser", "code,name_fi\n1.2.246.10.1.10.0,Eräs alue\n", options=options)
    assert rows(seeds, "codes_organisers.csv")["1.2.246.10.1.10.0"]["evidence"] == "confirmed"


@pytest.mark.parametrize(
    "setting",
    ["10.is_delivered=maybe", "11.is_delivered=true", "10.name_fi=Muu", "10.colour=red", "10"],
)
def test_set_that_makes_no_sense_is_refused(load: Load, seeds: Path, setting: str) -> None:
    result = load("service_task", "code,name_fi\n10,Lastensuojelu\n", options=["--set", setting])
    assert_refused(result, seeds, f"--set {setting}")


def test_ended_codes_stay_and_other_codes_that_the_list_lacks_go_and_all_are_named(
    load: Load, seeds: Path
) -> None:
    result = load("municipality", "code,name_fi,name_sv\n091,Helsinki,Helsingfors\n")
    found = rows(seeds, "codes_municipalities.csv")
    assert found.keys() == {"091", "001"}
    assert found["001"]["valid_to"] == "2007-12-31"
    assert "stay: 001" in result.stdout and "gone: 005" in result.stdout


def test_a_code_that_the_list_says_has_ended_is_imported_with_its_dates(
    load: Load, seeds: Path
) -> None:
    load(
        "municipality",
        "code,name_fi,valid_from,valid_to\n020,Toijala,1990-01-01,2006-12-31\n091,Helsinki,,\n",
    )
    found = rows(seeds, "codes_municipalities.csv")["020"]
    assert (found["valid_from"], found["valid_to"]) == ("1990-01-01", "2006-12-31")


def test_a_language_and_validity_that_the_file_lacks_stay_as_they_were(
    load: Load, seeds: Path
) -> None:
    load("municipality", "code,name_fi\n001,Ahlaisten kunta\n")
    found = rows(seeds, "codes_municipalities.csv")["001"]
    assert found["name_fi"] == "Ahlaisten kunta"
    assert (found["name_sv"], found["valid_to"]) == ("Ahlainen", "2007-12-31")


def test_marks_only_this_list_complete(load: Load, seeds: Path) -> None:
    load("social_service", "code,name_fi\n46,Sosiaalityö\n")
    lists = rows(seeds, "classifications.csv")
    service = lists.pop("social_service")
    assert (service["is_complete"], service["as_of"], service["source"]) == (
        "true",
        "2026-03-01",
        "list_1.csv",
    )
    assert service["oid"] == "1.2.246.537.6.1222"
    assert lists["service_task"]["is_complete"] == "false"


def test_same_import_twice_gives_the_same_bytes_with_unix_line_ends(
    load: Load, seeds: Path
) -> None:
    text = "code;name_fi;name_sv\r\n46;Sosiaalityö, aikuiset;Socialt arbete\r\n"
    load("social_service", text)
    once = {path.name: path.read_bytes() for path in seeds.iterdir()}
    load("social_service", text)
    assert {path.name: path.read_bytes() for path in seeds.iterdir()} == once
    assert b"\r" not in once["codes_social_services.csv"]
    assert '"Sosiaalityö, aikuiset"'.encode() in once["codes_social_services.csv"]


# Shapes of the file


def test_json_of_the_rest_interface(load: Load, seeds: Path) -> None:
    more = {
        "beginDate": "2015-01-01",
        "expirationDate": None,
        "classificationId": "1.2.246.537.6.1222",
    }
    page = rest(concept("1", "Asumispalvelu", "Boendeservice", **more), totalItems=1, totalPages=1)
    result = load("social_service", page, suffix=".json")
    assert result.returncode == 0, result.stderr
    found = rows(seeds, "codes_social_services.csv")["1"]
    assert (found["name_fi"], found["name_sv"]) == ("Asumispalvelu", "Boendeservice")
    assert (found["valid_from"], found["valid_to"]) == ("2015-01-01", "")


def test_json_names_by_attribute_name_where_no_language_is_told(load: Load, seeds: Path) -> None:
    attributes = [
        {"attributeName": "Abbreviation", "attributeValue": ["Asum."]},
        {"attributeName": "LongName", "attributeValue": ["Asumispalvelu"]},
        {"attributeName": "Ruotsinkielinen nimi", "attributeValue": ["Boendeservice"]},
        {"attributeName": "Description", "attributeValue": ["Pitkä selitys"]},
    ]
    page = rest({"conceptCodeId": 1, "attributes": attributes})
    load("social_service", page, suffix=".json")
    found = rows(seeds, "codes_social_services.csv")["1"]
    assert (found["name_fi"], found["name_sv"]) == ("Asumispalvelu", "Boendeservice")


def test_the_language_of_a_json_name_is_surer_than_its_heading(load: Load, seeds: Path) -> None:
    attributes = [
        {"attributeName": "LongName_sv", "attributeValue": ["Kvinna"], "language": "SV"},
        {"attributeName": "ShortName", "attributeValue": ["N."], "language": "fi-FI"},
        {"attributeName": "LongName", "attributeValue": ["Woman"], "language": "en"},
    ]
    load("sex", rest({"conceptCodeId": 2, "attributes": attributes}), suffix=".json")
    found = rows(seeds, "codes_sexes.csv")["2"]
    assert (found["name_fi"], found["name_sv"]) == ("N.", "Kvinna")
    assert found["name_en"] == "Female"


def test_json_with_a_byte_order_mark(load: Load, seeds: Path) -> None:
    result = load("social_service", "\ufeff" + rest(concept("1", "Yksi")), suffix=".json")
    assert result.returncode == 0, result.stderr


def test_json_deleted_and_proposed_codes_are_left_out(load: Load, seeds: Path) -> None:
    page = rest(
        concept("1", "Asumispalvelu"),
        concept("2", "Poistettu", status="DELETED"),
        concept("3", "Ehdotus", status="PROPOSAL"),
        totalItems=3,
    )
    load("social_service", page, suffix=".json")
    assert rows(seeds, "codes_social_services.csv").keys() == {"1"}


def test_json_pages_are_taken_together(load: Load, seeds: Path) -> None:
    codes = [concept(str(code), f"Palvelu {code}") for code in range(1, 6)]
    first = rest(*codes[:3], page=1, totalPages=2, totalItems=5)
    second = rest(*codes[3:], page=2, totalPages=2, totalItems=5)
    assert_refused(load("social_service", first, suffix=".json"), seeds, "3 of the 5")
    result = load("social_service", first, second, suffix=".json")
    assert result.returncode == 0, result.stderr
    found = rows(seeds, "codes_social_services.csv")
    assert [row["name_fi"] for row in found.values()] == [f"Palvelu {code}" for code in range(1, 6)]
    assert list(found) == ["1", "2", "3", "4", "5"]


def test_json_of_another_list_is_refused(load: Load, seeds: Path) -> None:
    page = rest(concept("1", "Mies", classificationId="1.2.246.537.5.1"))
    result = load("social_service", page, suffix=".json")
    assert_refused(result, seeds, "1.2.246.537.5.1", "1.2.246.537.6.1222")


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffcode,name_fi,name_sv,valid_from,valid_to\n1,Päivätoiminta,Dagverksamhet,,2020-12-31\n",
        (
            "CodeId;Abbreviation;LongName;LongName_sv;BeginDate;ExpirationDate\n"
            "1;Pvt;Päivätoiminta;Dagverksamhet;1.1.1900;31.12.2020\n"
        ),
        "CodeId;LongName;Ruotsi;ExpirationDate\n1;Päivätoiminta;Dagverksamhet;20201231\n".encode(
            "latin-1"
        ),
        (
            "code\tname_fi\tname_sv\tvalid_to\tnote\r\n"
            "1\tPäivätoiminta\tDagverksamhet\t31.12.2020\t–\r\n"
        ).encode("utf-16"),
        "code;name_fi;name_sv;valid_to;€\r\n1;Päivätoiminta;Dagverksamhet;31.12.2020\r\n".encode(
            "cp1252"
        ),
        (
            "Tunniste;Nimi;Nimi ruotsiksi;Voimassaolo päättyy\n"
            '1;"Päivätoiminta";Dagverksamhet;31.12.2020\n'
        ),
    ],
    ids=["byte order mark", "semicolons", "latin-1", "UTF-16", "Windows-1252", "Finnish"],
)
def test_csv_shapes(load: Load, seeds: Path, content: str) -> None:
    result = load("social_service", content)
    assert result.returncode == 0, result.stderr
    found = rows(seeds, "codes_social_services.csv")["1"]
    assert (found["name_fi"], found["name_sv"]) == ("Päivätoiminta", "Dagverksamhet")
    assert found["valid_to"] == "2020-12-31"


def test_csv_column_without_a_label_is_not_a_name(load: Load, seeds: Path) -> None:
    load("social_service", "code;name_sv;;name_fi;\n1;Ett;46;Yksi;47\n")
    assert rows(seeds, "codes_social_services.csv")["1"]["name_fi"] == "Yksi"
    load("social_service", "code;name_sv;;\n1;Ett;;\n2;Ett;Två;Tre\n")
    assert rows(seeds, "codes_social_services.csv")["2"]["name_fi"] == ""


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2024-01-31", "2024-01-31"),
        ("2100-12-31T23:59:59", "2100-12-31"),
        ("2024-01-30T22:00:00Z", "2024-01-31"),
        ("2024-07-30T21:00:00.000+00:00", "2024-07-31"),
        ("2024-01-30T21:59:59.000Z", "2024-01-30"),
        (1706652000000, "2024-01-31"),
        ("1706652000000", "2024-01-31"),
        (-2208988800000, "1900-01-01"),
        (None, ""),
    ],
)
def test_dates_of_json_become_days_in_finland(
    load: Load, seeds: Path, value: str, day: str
) -> None:
    page = rest(concept("1", "Yksi", beginDate=value))
    result = load("social_service", page, suffix=".json")
    assert result.returncode == 0, result.stderr
    assert rows(seeds, "codes_social_services.csv")["1"]["valid_from"] == day


# Bad files change nothing


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["list_1.csv", "empty", "download"]),
        ("\ufeff \r\n", ["list_1.csv", "empty", "download"]),
        ("\x89PNG\r\n\x1a\n\x00\x00", ["list_1.csv", "not text", "CSV UTF-8"]),
        (b"PK\x03\x04\x14\x00\x06\x00", ["list_1.csv", "not text", "CSV UTF-8"]),
        ("name_fi,name_sv\nYksi,Ett\n", ["list_1.csv", "header", "conceptcodeid"]),
        ("1;Yksi;Ett\n2;Kaksi;Två\n", ["list_1.csv", "header", "conceptcodeid"]),
        ("code\n1\n46\n", ["list_1.csv", "one column", "commas or semicolons"]),
        ("code,name_fi\n", ["no codes"]),
        ("code,name_fi\n46,Yksi\n46,Kaksi\n", ["code 46", "more than once"]),
        ("code,name_fi\n46,Yksi\n ,Kaksi\n", ["empty code"]),
        ("code,name_fi,valid_from\n46,Yksi,31.2.2024\n", ["31.2.2024", "46", "not a date"]),
        ("code,name_fi,valid_to\n46,Yksi,soon\n", ["soon", "46", "not a date"]),
        (
            "code,name_fi\n46,Yksi\n1,Yksi, kaksi\n\n2,Kolme, neljä\n",
            ["list_1.csv", "more values", "line 3, 5"],
        ),
        ('code,name_fi\n46,"Yksi\n', ["list_1.csv", "CSV", "line 2"]),
        ("code,name_fi\n46,\n47,\n48,\n", ["code 47, 48", "name"]),
        ('{"conceptCodes": [', ["list_1.csv", "JSON"]),
        ('{"conceptCodes": []}', ["no codes"]),
        ('{"conceptCodes": [{"id": "1"}]}', ["list_1.csv", "conceptCodeId"]),
        ('{"conceptCodes": {"1": "Yksi"}}', ["list_1.csv", "conceptCodes", "list"]),
        ('{"conceptCodes": [{"conceptCodeId": "1", "attributes": {}}]}', ["attributes", "list"]),
        ('[{"conceptCodeId": ""}, {"conceptCodeId": "46"}]', ["list_1.csv", "empty code"]),
        ("[1, 2]", ["JSON", "2 places", "docs/code_lists.md"]),
        (
            rest(
                concept("1", "Yksi"), concept("1", "Kaksi"), concept("46", "S"), concept("46", "S")
            ),
            ["code 1, 46", "more than once"],
        ),
        (rest(concept("1", "Yksi", beginDate="2024-02-30")), ["2024-02-30", "not a date"]),
        (rest(concept("1", "Yksi", beginDate=9 * 10**20)), ["9" + "0" * 20, "not a date"]),
    ],
)
def test_bad_file_is_refused_with_one_sentence(
    load: Load, seeds: Path, content: str, words: list[str]
) -> None:
    assert_refused(load("social_service", content), seeds, *words)


def test_everything_wrong_with_a_list_is_told_at_once(load: Load, seeds: Path) -> None:
    text = "code,name_fi,valid_from,valid_to\n10,,1.13.2024,\n77,Uusi,,soon\n"
    text += "78,,,\n79,,,\n,x,,\n10,,,\n"
    options = ["--set", "10.colour=red", "--set", "99.is_delivered=true", "--set", "10"]
    assert_refused(
        load("service_task", text, options=options),
        seeds,
        "“1.13.2024” of code 10, “soon” of code 77",
        "neither a Finnish nor a Swedish name has code 78, 79",
        "more than once in the file: code 10",
        "list_1.csv has an empty code in 1 row",
        *("--set 10.colour=red:", "--set 99.is_delivered=true names", "--set 10 is not of"),
        *("--set 77.is_delivered=…", "--set 79.is_child_protection=…"),
    )


def test_all_files_that_cannot_be_read_are_named(load: Load, seeds: Path) -> None:
    assert_refused(load("sex", "", "[", '"'), seeds, "list_1.csv", "list_2.csv", "list_3.csv")


def test_codes_without_the_form_of_the_list_are_refused(load: Load, seeds: Path) -> None:
    give_forms(seeds, "municipality", "[0-9]{3}")
    codes = "".join(f"{code},Kunta\n" for code in ["091", "0005", "٠٠٥", "5\u00a0", *range(10, 20)])
    result = load("municipality", f"code,name_fi\n{codes}")
    assert result.returncode == 1 and result.stderr.count("\n") == 1
    assert "13 codes do not have the form [0-9]{3} of the list municipality" in result.stderr
    assert "0005, ٠٠٥, 5, 10, 11, 12, 13, 14, 15, 16, … (" in result.stderr
    assert rows(seeds, "codes_municipalities.csv").keys() == {"001", "005", "091"}


def test_codes_with_the_form_are_imported_and_the_form_stays(load: Load, seeds: Path) -> None:
    give_forms(seeds, "municipality", "[0-9]{3}")
    result = load("municipality", "code,name_fi\n091,Helsinki\n")
    assert result.returncode == 0, result.stderr
    lists = rows(seeds, "classifications.csv")
    assert lists["municipality"]["code_form"] == "[0-9]{3}" and lists["sex"]["code_form"] == ""


def test_a_form_that_is_no_regular_expression_is_told(load: Load, seeds: Path) -> None:
    give_forms(seeds, "municipality", "[0-9")
    result = load("municipality", "code,name_fi\n091,Helsinki\n")
    assert result.returncode == 1 and "classifications.csv" in result.stderr
    assert result.stderr.count("\n") == 1


def give_forms(folder: Path, classification: str, form: str) -> None:
    """Adds the column code_form to classifications.csv, with the form of one list."""
    path = folder / "classifications.csv"
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    lines = [f"{line},{form if line.startswith(classification) else ''}" for line in lines]
    path.write_text("\n".join([f"{header},code_form", *lines, ""]), encoding="utf-8")


def test_a_list_without_any_national_code_of_the_seed_is_refused_and_told_alone(
    load: Load, seeds: Path
) -> None:
    result = load("service_task", "code,name_fi\n1,Mies\n2,Nainen\n2,Nainen\n")
    assert_refused(result, seeds, "Palvelutehtävä", "1.2.246.537.6.1221", "(10)", "another list")
    assert "--set" not in result.stderr and "more than once" not in result.stderr


def test_a_seed_without_national_codes_takes_any_list(load: Load, seeds: Path) -> None:
    header = "code,name_sv,name_fi,status,valid_from,valid_to\n"
    (seeds / "codes_social_services.csv").write_text(header, encoding="utf-8")
    result = load("social_service", "code,name_fi\n7,Seitsemän\n")
    assert result.returncode == 0, result.stderr
    assert rows(seeds, "codes_social_services.csv").keys() == {"7"}


def test_file_that_is_not_there(call: Call, seeds: Path) -> None:
    assert_refused(call("sex", seeds / "none.csv", "--seeds", seeds), seeds, "none.csv")


def test_from_the_command_line(seeds: Path) -> None:
    command = [sys.executable, str(SCRIPT), "sex", str(seeds / "none.csv"), "--seeds", str(seeds)]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert_refused(result, seeds, "none.csv")


def test_a_write_that_fails_leaves_the_seeds_as_they_were(load: Load, seeds: Path) -> None:
    (seeds / "classifications.csv.new").mkdir()
    result = load("social_service", "code,name_fi\n1,Yksi\n")
    assert result.returncode == 1 and "cannot be written" in result.stderr
    (seeds / "classifications.csv.new").rmdir()
    assert {path.name: path.read_text(encoding="utf-8") for path in seeds.iterdir()} == SEEDS


@pytest.mark.parametrize("day", ["2026-02-30", "2026-3-1", "1.3.2026"])
def test_day_of_the_list_that_is_no_date(load: Load, seeds: Path, day: str) -> None:
    result = load("sex", "code,name_fi\n2,Nainen\n", options=["--as-of", day])
    assert_refused(result, seeds, day)


def test_the_projects_own_seeds_can_be_imported_into(tmp_path: Path, call: Call) -> None:
    """The real seeds have the columns that the script counts on: each is imported into itself."""
    folder = tmp_path / "codes"
    folder.mkdir()
    for path in (SCRIPT.parent.parent / "seeds" / "codes").glob("*.csv"):
        (folder / path.name).write_bytes(path.read_bytes())
    for name, file in script.SEED_FILES.items():
        before = rows(folder, file)
        result = call(name, folder / file, "--seeds", folder)
        assert result.returncode == 0, result.stderr
        expected = {code: {**row, "status": "national"} for code, row in before.items()}
        assert rows(folder, file) == expected
        assert rows(folder, "classifications.csv")[name]["is_complete"] == "true"


# Where the lists are


@pytest.mark.parametrize("arguments", [[], ["sex"], ["--where"], ["--help"]])
def test_says_where_the_lists_are(call: Call, arguments: list[str]) -> None:
    try:
        result = call(*arguments)
    except SystemExit:
        result = subprocess.run(
            [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False
        )
    for word in ("service_task", "Sosiaalihuolto - Palvelutehtävä", "1.2.246.537.6.1221", "704"):
        assert word in result.stdout
    assert result.returncode == (0 if "--" in "".join(arguments) else 1)


def test_an_unknown_key_gets_no_address(call: Call, seeds: Path) -> None:
    path = seeds / "classifications.csv"
    path.write_text(SEEDS["classifications.csv"].replace(",704,", ",9704,"), encoding="utf-8")
    result = call("--where", "--seeds", seeds)
    assert "key 9704" in result.stdout and "Key=9704" not in result.stdout
    assert "classificationKey=703&" in result.stdout


# The code map

MAP = (
    "\ufeffsource_system;classification;local_code;national_code;note\r\n"
    'a;service_task;IAK;X-ELDERLY;"old; X-ELDERLY"\r\n'
    '"a";"service_task";"VAN""H";"X-ELDERLY";  å \r\n'
    "a;decision_type;IAK;X-ELDERLY;another list\r\n"
    "a;service_task;X-ELDERLY;X-FAMILY-LAW;stays\n"
    "\r\n"
    "a;service_task;X;10;X-ELDERLY"
).encode()
NEW_MAP = MAP.replace(b'IAK;X-ELDERLY;"old', b'IAK;25;"old').replace(b'"X-ELDERLY"', b'"25"')
TASKS = "code,name_fi\n10,\n25,Iäkkäiden palvelut\n"


@pytest.fixture
def code_map(tmp_path: Path) -> Path:
    """A county's code map where the project has it, as a spreadsheet and a person left it."""
    path = tmp_path / "settings" / "code_map.csv"
    path.parent.mkdir()
    path.write_bytes(MAP + b"\xe5")
    return path


def test_rows_of_the_code_map_are_counted_and_left(load: Load, code_map: Path) -> None:
    result = load("service_task", TASKS)
    assert result.returncode == 0, result.stderr
    assert code_map.read_bytes() == MAP + b"\xe5"
    assert "code_map.csv: 2 rows point at" in result.stdout
    assert "--rewrite-code-map" in result.stdout


def test_the_code_map_is_rewritten_and_nothing_else_of_it_changes(
    load: Load, code_map: Path
) -> None:
    result = load("service_task", TASKS, options=["--rewrite-code-map"])
    assert result.returncode == 0, result.stderr
    assert code_map.read_bytes() == NEW_MAP + b"\xe5"
    assert "2 rows rewritten" in result.stdout


def test_a_code_with_two_heirs_is_left_in_the_code_map(load: Load, code_map: Path) -> None:
    text = TASKS + "26,Iäkkäiden palvelut\n"
    result = load("service_task", text, options=["--rewrite-code-map"])
    assert result.returncode == 0, result.stderr
    assert code_map.read_bytes() == MAP + b"\xe5"
    assert "25, 26 take the place of the provisional X-ELDERLY: its rows" in result.stdout


def test_a_code_map_elsewhere(load: Load, code_map: Path, tmp_path: Path) -> None:
    own = tmp_path / "county.csv"
    own.write_bytes(MAP)
    load("service_task", TASKS, options=["--code-map", str(own), "--rewrite-code-map"])
    assert own.read_bytes() == NEW_MAP and code_map.read_bytes() == MAP + b"\xe5"


@pytest.mark.parametrize("content", [None, b"a,b\n1,2\n", b""])
def test_a_code_map_that_cannot_be_rewritten_stops_the_import(
    load: Load, seeds: Path, tmp_path: Path, content: bytes | None
) -> None:
    own = tmp_path / "county.csv"
    if content is not None:
        own.write_bytes(content)
    options = ["--code-map", str(own), "--rewrite-code-map"]
    assert_refused(load("service_task", TASKS, options=options), seeds, "county.csv")


def test_a_code_map_that_cannot_be_written_leaves_the_seeds_as_they_were(
    load: Load, seeds: Path, code_map: Path
) -> None:
    code_map.with_name("code_map.csv.new").mkdir()
    result = load("service_task", TASKS, options=["--rewrite-code-map"])
    assert_refused(result, seeds, "cannot be written")
    assert code_map.read_bytes() == MAP + b"\xe5"
