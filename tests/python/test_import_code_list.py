"""The import of a national code list (K4), on small seeds made for each test."""

import csv
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "import_code_list.py"

spec = importlib.util.spec_from_file_location("import_code_list", SCRIPT)
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)

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
def seeds(tmp_path):
    """A folder with the seeds above."""
    folder = tmp_path / "codes"
    folder.mkdir()
    for name, text in SEEDS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def call(capsys):
    """Run the script's main: call(*arguments) -> exit code, output and error output."""

    def run(*arguments):
        code = script.main([str(argument) for argument in arguments])
        output, errors = capsys.readouterr()
        return SimpleNamespace(returncode=code, stdout=output, stderr=errors)

    return run


@pytest.fixture
def load(seeds, tmp_path, call):
    """Import texts, one file each: load(classification, text, ..., options=[...])."""

    def run(classification, *texts, options=(), suffix=".csv"):
        paths = []
        for number, text in enumerate(texts, start=1):
            path = tmp_path / f"list_{number}{suffix}"
            path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
            paths.append(path)
        return call(classification, *paths, "--seeds", seeds, "--as-of", "2026-03-01", *options)

    return run


def rows(folder, name):
    """{key: row} of a seed, by its first column."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    return {next(iter(row.values())): row for row in found}


def rest(*concepts, **page):
    """A page of the REST interface."""
    return json.dumps({"conceptCodes": list(concepts), **page}, ensure_ascii=False)


def concept(code, name, sv=None, **more):
    """A concept code as the REST interface gives it."""
    attributes = [{"attributeName": "LongName", "attributeValue": [name]}]
    if sv:
        attributes.append({"attributeName": "LongName", "attributeValue": [sv], "language": "sv"})
    return {"conceptCodeId": code, "status": "ACTIVE", "attributes": attributes, **more}


def assert_refused(result, seeds, *words):
    """One sentence with these words, a failing exit code, and seeds as they were."""
    assert result.returncode != 0
    assert result.stderr.count("\n") == 1 and "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr
    found = {path.name: path.read_text(encoding="utf-8") for path in seeds.iterdir()}
    assert found == SEEDS


# What becomes of the rows


def test_replaces_names_validity_and_status_and_keeps_own_columns(load, seeds):
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
def test_new_code_takes_over_from_the_provisional_row_of_the_same_name(load, seeds, names):
    result = load("service_task", f"code,name_fi,name_sv\n25,{names}\n")
    tasks = rows(seeds, "codes_service_tasks.csv")
    assert "X-ELDERLY" not in tasks
    assert tasks["25"]["name_en"] == "elderly services"
    assert (tasks["25"]["is_delivered"], tasks["25"]["status"]) == ("true", "national")
    assert "25" in result.stdout and "X-ELDERLY" in result.stdout


def test_new_code_takes_nothing_over_from_a_national_row_of_the_same_name(load, seeds):
    result = load("service_task", "code,name_fi\n11,Lastensuojelu\n")
    assert_refused(result, seeds, "--set 11.is_delivered=")


def test_provisional_row_without_a_match_stays_and_is_named(load, seeds):
    result = load("decision_type", "code,name_fi\n1,Myönteinen ratkaisu\n")
    types = rows(seeds, "codes_decision_types.csv")
    assert types["X-PARTLY"]["status"] == "provisional"
    assert "X-PARTLY" in result.stdout


@pytest.mark.parametrize(
    ("classification", "column"),
    [("service_task", "is_delivered"), ("decision_type", "meaning")],
)
def test_new_class_with_an_unknown_own_column_stops_and_says_the_option(
    load, seeds, classification, column
):
    result = load(classification, "code,name_fi\n77,Aivan uusi luokka\n")
    assert_refused(result, seeds, "77", "Aivan uusi luokka", f"--set 77.{column}=")


def test_set_gives_the_own_columns_of_a_new_class(load, seeds):
    options = ["--set", "77.is_delivered=false", "--set", "77.is_child_protection=true"]
    result = load("service_task", "code,name_fi\n77,Aivan uusi\n", options=options)
    assert result.returncode == 0, result.stderr
    task = rows(seeds, "codes_service_tasks.csv")["77"]
    assert (task["is_delivered"], task["is_child_protection"]) == ("false", "true")


def test_set_reaches_a_code_with_dots(load, seeds):
    options = ["--set", "1.2.246.10.1.10.0.evidence=confirmed"]
    load("organiser", "code,name_fi\n1.2.246.10.1.10.0,Eräs alue\n", options=options)
    assert rows(seeds, "codes_organisers.csv")["1.2.246.10.1.10.0"]["evidence"] == "confirmed"


@pytest.mark.parametrize(
    "setting",
    ["10.is_delivered=maybe", "11.is_delivered=true", "10.name_fi=Muu", "10.colour=red", "10"],
)
def test_set_that_makes_no_sense_is_refused(load, seeds, setting):
    result = load("service_task", "code,name_fi\n10,Lastensuojelu\n", options=["--set", setting])
    assert_refused(result, seeds, f"--set {setting}")


def test_ended_codes_stay_and_other_codes_that_the_list_lacks_go_and_all_are_named(load, seeds):
    result = load("municipality", "code,name_fi,name_sv\n091,Helsinki,Helsingfors\n")
    found = rows(seeds, "codes_municipalities.csv")
    assert found.keys() == {"091", "001"}
    assert found["001"]["valid_to"] == "2007-12-31"
    assert "stay: 001" in result.stdout and "gone: 005" in result.stdout


def test_a_code_that_the_list_says_has_ended_is_imported_with_its_dates(load, seeds):
    load("municipality", "code,name_fi,valid_from,valid_to\n020,Toijala,1990-01-01,2006-12-31\n")
    found = rows(seeds, "codes_municipalities.csv")["020"]
    assert (found["valid_from"], found["valid_to"]) == ("1990-01-01", "2006-12-31")


def test_a_language_and_validity_that_the_file_lacks_stay_as_they_were(load, seeds):
    load("municipality", "code,name_fi\n001,Ahlaisten kunta\n")
    found = rows(seeds, "codes_municipalities.csv")["001"]
    assert found["name_fi"] == "Ahlaisten kunta"
    assert (found["name_sv"], found["valid_to"]) == ("Ahlainen", "2007-12-31")


def test_marks_only_this_list_complete(load, seeds):
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


def test_same_import_twice_gives_the_same_bytes_with_unix_line_ends(load, seeds):
    text = "code;name_fi;name_sv\r\n46;Sosiaalityö, aikuiset;Socialt arbete\r\n"
    load("social_service", text)
    once = {path.name: path.read_bytes() for path in seeds.iterdir()}
    load("social_service", text)
    assert {path.name: path.read_bytes() for path in seeds.iterdir()} == once
    assert b"\r" not in once["codes_social_services.csv"]
    assert '"Sosiaalityö, aikuiset"'.encode() in once["codes_social_services.csv"]


# Shapes of the file


def test_json_of_the_rest_interface(load, seeds):
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


def test_json_names_by_attribute_name_where_no_language_is_told(load, seeds):
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


def test_json_with_a_byte_order_mark(load, seeds):
    result = load("social_service", "\ufeff" + rest(concept("1", "Yksi")), suffix=".json")
    assert result.returncode == 0, result.stderr


def test_json_deleted_and_proposed_codes_are_left_out(load, seeds):
    page = rest(
        concept("1", "Asumispalvelu"),
        concept("2", "Poistettu", status="DELETED"),
        concept("3", "Ehdotus", status="PROPOSAL"),
        totalItems=3,
    )
    load("social_service", page, suffix=".json")
    assert rows(seeds, "codes_social_services.csv").keys() == {"1"}


def test_json_pages_are_taken_together(load, seeds):
    first = rest(concept("1", "Yksi"), page=1, totalPages=2, totalItems=2)
    second = rest(concept("2", "Kaksi"), page=2, totalPages=2, totalItems=2)
    assert_refused(load("social_service", first, suffix=".json"), seeds, "1 of the 2")
    result = load("social_service", first, second, suffix=".json")
    assert result.returncode == 0, result.stderr
    assert rows(seeds, "codes_social_services.csv").keys() == {"1", "2"}


def test_json_of_another_list_is_refused(load, seeds):
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
            "Tunniste;Nimi;Nimi ruotsiksi;Voimassaolo päättyy\n"
            '1;"Päivätoiminta";Dagverksamhet;31.12.2020\n'
        ),
    ],
    ids=["plain with byte order mark", "semicolons", "latin-1", "Finnish labels"],
)
def test_csv_shapes(load, seeds, content):
    result = load("social_service", content)
    assert result.returncode == 0, result.stderr
    found = rows(seeds, "codes_social_services.csv")["1"]
    assert (found["name_fi"], found["name_sv"]) == ("Päivätoiminta", "Dagverksamhet")
    assert found["valid_to"] == "2020-12-31"


def test_csv_column_without_a_label_is_not_a_name(load, seeds):
    load("social_service", "code;name_sv;;name_fi;\n1;Ett;46;Yksi;47\n")
    assert rows(seeds, "codes_social_services.csv")["1"]["name_fi"] == "Yksi"
    load("social_service", "code;name_sv;;\n2;Ett;Två;Tre\n")
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
def test_dates_of_json_become_days_in_finland(load, seeds, value, day):
    page = rest(concept("1", "Yksi", beginDate=value))
    result = load("social_service", page, suffix=".json")
    assert result.returncode == 0, result.stderr
    assert rows(seeds, "codes_social_services.csv")["1"]["valid_from"] == day


# Bad files change nothing


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["code"]),
        ("\x89PNG\r\n\x1a\n\x00\x00", ["CSV"]),
        ("name_fi,name_sv\nYksi,Ett\n", ["code"]),
        ("code,name_fi\n", ["no codes"]),
        ("code,name_fi\n46,Yksi\n46,Kaksi\n", ["46", "more than once"]),
        ("code,name_fi\n46,Yksi\n ,Kaksi\n", ["empty code"]),
        ("code,name_fi,valid_from\n46,Yksi,31.2.2024\n", ["31.2.2024", "46", "not a date"]),
        ("code,name_fi,valid_to\n46,Yksi,soon\n", ["soon", "46", "not a date"]),
        ("code,name_fi\n46,Yksi, kaksi\n", ["46", "more values"]),
        ('code,name_fi\n46,"Yksi\n', ["CSV"]),
        ("code,name_fi\n47,\n", ["47", "name"]),
        ('{"conceptCodes": [', ["JSON"]),
        ('{"conceptCodes": []}', ["no codes"]),
        ('{"conceptCodes": [{"id": "1"}]}', ["no code"]),
        ('{"conceptCodes": {"1": "Yksi"}}', ["not a list"]),
        ('[{"conceptCodeId": ""}]', ["empty code"]),
        ("[1, 2]", ["JSON"]),
        (rest(concept("1", "Yksi"), concept("1", "Kaksi")), ["1", "more than once"]),
        (rest(concept("1", "Yksi", beginDate="2024-02-30")), ["2024-02-30", "not a date"]),
    ],
)
def test_bad_file_is_refused_with_one_sentence(load, seeds, content, words):
    assert_refused(load("social_service", content), seeds, *words)


def test_file_that_is_not_there(call, seeds):
    assert_refused(call("sex", seeds / "none.csv", "--seeds", seeds), seeds, "none.csv")


def test_from_the_command_line(seeds):
    command = [sys.executable, str(SCRIPT), "sex", str(seeds / "none.csv"), "--seeds", str(seeds)]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert_refused(result, seeds, "none.csv")


def test_a_write_that_fails_leaves_the_seeds_as_they_were(load, seeds):
    (seeds / "classifications.csv.new").mkdir()
    result = load("social_service", "code,name_fi\n1,Yksi\n")
    assert result.returncode == 1 and "cannot be written" in result.stderr
    (seeds / "classifications.csv.new").rmdir()
    assert {path.name: path.read_text(encoding="utf-8") for path in seeds.iterdir()} == SEEDS


def test_day_of_the_list_that_is_no_date(load, seeds):
    result = load("sex", "code,name_fi\n2,Nainen\n", options=["--as-of", "2026-02-30"])
    assert_refused(result, seeds, "2026-02-30")


def test_the_projects_own_seeds_can_be_imported_into(tmp_path, call):
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
