"""Fails where `dbt parse` warns of anything, in the project of this folder.

What keys a YAML file may have, dbt checks against its own schema for a few adapters only, although
most of its deprecations are found there. Here it is checked for DuckDB too.
dbt-autofix would mend the same, but fetches its schema from the network.
"""

import sys

from dbt.cli.main import dbtRunner
from dbt.jsonschemas import jsonschemas


def main() -> int:
    """Exit code 0 where dbt has nothing to warn of."""
    # The set is private to dbt, and nothing else turns the check on.
    jsonschemas._JSONSCHEMA_SUPPORTED_ADAPTERS.add("duckdb")
    # A file that is not parsed anew is not warned of.
    command = ["--warn-error", "--quiet", "parse", "--no-partial-parse", "--show-all-deprecations"]
    return 0 if dbtRunner().invoke([*command, *sys.argv[1:]]).success else 1


if __name__ == "__main__":
    sys.exit(main())
