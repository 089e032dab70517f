#!/usr/bin/env bash
# What a machine can see of the house rules. Each linter says what it found; the first to fail stops the rest.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin

echo "ruff ..."
$bin/ruff check --quiet .
$bin/ruff format --check --quiet .
echo "yamllint ..."
$bin/yamllint --strict .
echo "dbt-bouncer ..."
$bin/dbt parse --quiet --target-path target/lint
$bin/dbt-bouncer run --config-file dbt-bouncer.yml > target/lint/bouncer.log 2>&1 || { cat target/lint/bouncer.log; exit 1; }
echo "sqlfluff ..."
$bin/sqlfluff lint --processes 2 --disable-progress-bar models tests analyses | { grep -v ' PASS$' || true; }
echo "sqlfluff, integration_tests ..."
cd integration_tests
../$bin/dbt deps --quiet
../$bin/sqlfluff lint --disable-progress-bar models tests | { grep -v ' PASS$' || true; }
