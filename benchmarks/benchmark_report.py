"""Draws the tables and the plot of docs/benchmarks.md from the figures in docs/benchmarks/."""

import csv
import re
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

DOCS = Path(__file__).resolve().parent.parent / "docs"
FIGURES = DOCS / "benchmarks"
REPORT = DOCS / "benchmarks.md"
COLOURS = {"duckdb": "tab:orange", "postgres": "tab:blue", "spark": "tab:red"}


def read(name: str) -> list[dict]:
    path = FIGURES / name
    return list(csv.DictReader(path.open())) if path.exists() else []


def table(header: list[str], rows: list[list]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def builds_table(builds: list[dict]) -> str:
    header = [
        "engine",
        "scale",
        "organisers",
        "quarters",
        "source",
        "unit tests",
        "rows in",
        "wall s",
    ]
    header += ["CPU s", "peak GiB", "rows/s", "SQL s", "bare script s", "SQL / bare"]
    return table(
        header,
        [
            [
                row["engine"],
                f"{row['scale']}x",
                row["organisers"],
                row["periods"],
                row["source"],
                row["unit_tests"],
                f"{int(row['rows']):,}",
                row["wall_s"],
                row["cpu_s"],
                row["peak_gib"],
                f"{int(row['rows_per_s']):,}",
                row["sql_s"],
                row["bare_s"],
                # The bare script makes one quarter.
                f"{float(row['sql_s']) / float(row['bare_s']):.1f}"
                if row["periods"] == "1"
                else "",
            ]
            for row in builds
        ],
    )


def slowest_table(builds: list[dict]) -> str:
    named = [
        [
            f"{row['engine']} {row['scale']}x, {row['source']}, quarters: {row['periods']}",
            row["slowest"],
        ]
        for row in builds
    ]
    return table(["build", "slowest five nodes, seconds while others ran beside them"], named)


def derivations_table(derivations: list[dict]) -> str:
    rows = sorted(derivations, key=lambda row: (int(row["scale"]), float(row["seconds"])))
    return table(
        ["scale", "cases", "tool", "seconds", "times the floor"],
        [
            [f"{r['scale']}x", f"{int(r['rows']):,}", r["tool"], r["seconds"], r["of_floor"]]
            for r in rows
        ],
    )


def machines(builds: list[dict]) -> str:
    by_machine: dict[str, list[str]] = {}
    for row in builds:
        name = f"{row['engine']} {row['scale']}x"
        if name not in by_machine.setdefault(row["machine"], []):
            by_machine[row["machine"]].append(name)
    return "\n".join(f"- {machine}: {', '.join(names)}" for machine, names in by_machine.items())


def draw(builds: list[dict]) -> None:
    plt.rcParams["svg.hashsalt"] = "sosdata"
    figure, axes = plt.subplots(figsize=(9, 4))
    plain = [
        row
        for row in builds
        if row["periods"] == "1" and row["organisers"] == "1" and row["source"] != "csv"
    ]
    for engine, colour in COLOURS.items():
        rows = sorted((r for r in plain if r["engine"] == engine), key=lambda r: int(r["rows"]))
        rows_in = [int(row["rows"]) / 1e6 for row in rows]
        for column, style, label in (
            ("wall_s", "o-", "whole build"),
            ("bare_s", "s--", "bare script"),
        ):
            seconds = [float(row[column]) for row in rows]
            axes.plot(rows_in, seconds, style, color=colour, label=f"{engine}: {label}")
    axes.set(xscale="log", yscale="log", xlabel="million rows in", ylabel="seconds")
    axes.set_xticks([2, 5, 10, 20, 50])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    axes.grid(True, which="both", alpha=0.3)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    figure.tight_layout()
    figure.savefig(FIGURES / "scale.svg", metadata={"Date": None})


def main() -> None:
    builds, derivations = read("builds.csv"), read("derivations.csv")
    builds.sort(
        key=lambda r: (r["engine"], int(r["scale"]), int(r["periods"]), int(r["organisers"]))
    )
    draw(builds)
    parts = {
        "builds": builds_table(builds),
        "slowest": slowest_table(builds),
        "derivations": derivations_table(derivations),
        "machines": machines(builds),
    }
    text = REPORT.read_text(encoding="utf-8")
    for name, part in parts.items():
        marks = rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)"
        text = re.sub(marks, lambda m, part=part: f"{m[1]}{part}\n{m[2]}", text, flags=re.DOTALL)
    REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
