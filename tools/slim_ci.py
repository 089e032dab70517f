"""Slim CI: saves a build of the demo, and builds only what a change touches on top of it."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.append(str(PROJECT / "scripts"))
from build import DEMO_VARS, use_demo  # noqa: E402

SAVED = ("manifest.json", "sosdata.duckdb")
# Where the demo is made and built, apart from the demo that people look at.
WORKPLACE = PROJECT / "target" / "slim_ci"


def dbt_build(state: Path, workplace: Path, target: str, *options: str) -> int:
    """dbt build with everything that it writes in the workplace; gives its exit code."""
    environment = os.environ | {
        "SOSDATA_CI_STATE": str(state),
        "SOSDATA_CI_DIR": str(workplace),
        "DBT_PROFILES_DIR": str(PROJECT / ".ci"),
        "DBT_TARGET_PATH": str(workplace / "target"),
        "DBT_LOG_PATH": str(workplace / "logs"),
    }
    dbt = Path(sys.executable).with_name("dbt")
    command = ["build", "--target", target, "--vars", json.dumps(DEMO_VARS), *options]
    return subprocess.run([dbt, *command], cwd=PROJECT, env=environment, check=False).returncode


def save(state: Path) -> int:
    """Builds the demo into the folder; what was saved there before goes first."""
    state.mkdir(parents=True, exist_ok=True)
    for name in SAVED:
        (state / name).unlink(missing_ok=True)
    code = dbt_build(WORKPLACE, WORKPLACE, "saved")
    if code == 0:
        shutil.copy(WORKPLACE / "target" / "manifest.json", state)
        shutil.copy(WORKPLACE / "sosdata.duckdb", state)
    return code


def run(state: Path) -> int:
    """Builds what differs from the saved build, and what reads it, into an empty database."""
    missing = [name for name in SAVED if not (state / name).exists()]
    if missing:
        print(f"{state} has no {' and no '.join(missing)}: save a build first.", file=sys.stderr)
        return 1
    (WORKPLACE / "slim_ci.duckdb").unlink(missing_ok=True)
    changed = ["--select", "state:modified+", "--defer", "--state", str(state)]
    return dbt_build(state, WORKPLACE, "slim_ci", *changed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["save", "run"])
    parser.add_argument("state", type=Path, help="folder of the saved build")
    arguments = parser.parse_args()
    os.umask(0o077)
    state = arguments.state.resolve()
    WORKPLACE.mkdir(parents=True, exist_ok=True)
    os.environ["SOSDATA_DEMO_DIR"] = str(WORKPLACE)
    if "SOSDATA_SOURCE_DIR" not in os.environ:
        use_demo()
    return save(state) if arguments.step == "save" else run(state)


if __name__ == "__main__":
    sys.exit(main())
