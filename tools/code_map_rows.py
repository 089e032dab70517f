"""Rows for code_map.csv: codes of the last build that wait for one, and what they probably mean.

The rows go to the output, ready to be added to the seed; how often each stands in the extract, and
the name of the proposed class, go to the screen.
"""

import csv
import os
import sys
from pathlib import Path

import agate

sys.path.append(str(Path(__file__).resolve().parent.parent / "scripts"))
import deliver  # noqa: E402
from built_relations import NoBuild, open_built  # noqa: E402

COLUMNS = ["source_system", "classification", "local_code", "national_code"]
MASKED = "[personal identity code]"


def rows_to_map() -> list[dict]:
    """Every code that waits for a row, the most frequent first; raises NoBuild."""
    with open_built([]) as (connection, _):
        found = connection.execute(
            "select source_system, classification, local_code, proposed_code as national_code,"
            ' "rows", status, proposed_name from code_map_proposals'
            ' order by status desc, classification, "rows" desc, source_system, local_code'
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def main() -> int:
    """Exit code 0 where the rows were written, 1 where a sentence says why not."""
    os.chdir(deliver.PROJECT)
    try:
        rows = rows_to_map()
    except NoBuild as missing:
        print(f"No rows for the code map: {missing}", file=sys.stderr)
        return 1
    shown = [row for row in rows if MASKED not in row["local_code"] + row["source_system"]]
    out = csv.DictWriter(sys.stdout, COLUMNS, extrasaction="ignore", lineterminator="\n")
    out.writerows(row for row in shown if row["status"] == "unmapped")
    if shown:
        agate.Table.from_object(shown).print_table(
            max_rows=None, max_columns=None, max_column_width=30, output=sys.stderr
        )
    print(
        f"{sum(row['status'] == 'unmapped' for row in shown)} rows to add to code_map.csv; fill in"
        " what is empty. taken_as_national: the system maps other codes of that list, look whether"
        " these are meant. A row without a national code stops the next build.",
        file=sys.stderr,
    )
    if len(shown) < len(rows):
        print(
            f"{len(rows) - len(shown)} codes read as personal identity codes and are not shown:"
            " look at the mapping.",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
