"""Relations of other engines are copied as they stand, whatever their cells hold."""

import datetime
from types import SimpleNamespace

import duckdb
import pytest

import built_relations

COLUMNS = {"code": "string", "day": "date", "number": "bigint"}
ROWS = [
    ('a"b,\r\nc\n', datetime.date(2024, 2, 1), 1),
    (None, None, None),
    ("ä'; drop table x", datetime.date(9999, 12, 31), 2),
    ("x" * 3_000_000, None, -3),
]


@pytest.mark.parametrize("rows", [ROWS, []])
def test_rows_are_copied_as_they_stand(tmp_path, rows):
    cursor = SimpleNamespace(description=[(name,) for name in COLUMNS], fetchall=lambda: rows)
    adapter = SimpleNamespace(add_query=lambda sql, auto_begin: (None, cursor))
    columns = {
        name: SimpleNamespace(name=name, data_type=data_type) for name, data_type in COLUMNS.items()
    }
    node = SimpleNamespace(columns=columns)
    with duckdb.connect() as connection:
        for _ in range(2):
            built_relations._copy(adapter, connection, tmp_path, "mart", "anything", node)
        assert connection.execute("from mart").fetchall() == rows * 2
