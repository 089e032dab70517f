#!/usr/bin/env bash
# What a machine can see of the house rules. Each linter says what it found; the first to fail stops the rest.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
# A county's own settings say nothing of the house.
for name in "${!SOSDATA_@}" "${!DBT_@}"; do unset "$name"; done
export DBT_SEND_ANONYMOUS_USAGE_STATS=false

quietly() { "$@" > target/lint/log.txt 2>&1 || { cat target/lint/log.txt; exit 1; }; }

echo "ruff ..."
$bin/ruff check --quiet .
$bin/ruff format --check --quiet .
echo "yamllint ..."
$bin/yamllint --strict .
mkdir -p target/lint
echo "datacontract ..."
contract=docs/contract/sosdata_extract.odcs.yaml
quietly $bin/datacontract lint $contract
published=$(printf '%s\n' docs/contract/versions/*.odcs.yaml | sort -V | tail -n 1)
if ! cmp -s "$published" $contract; then
    echo "The source contract since $published:"
    $bin/datacontract changelog "$published" $contract
fi
echo "dbt parse ..."
quietly $bin/python tools/strict_parse.py --target-path target/lint --log-path target/lint/logs
echo "dbt-bouncer ..."
# Every relation without rows, so that a column that nobody describes is seen beside those that are described.
export SOSDATA_PSEUDONYM_SALT="artificial persons of the demo"
export SOSDATA_DEMO_DIR=target/lint/demo SOSDATA_DUCKDB_PATH=target/lint/demo/sosdata.duckdb DBT_TARGET_PATH=target/lint
(
    quietly $bin/python tools/demo/demo_extract.py --out target/lint/demo/extract --persons 10
    quietly $bin/dbt build --empty --exclude-resource-type test unit_test --log-path target/lint/logs
    quietly $bin/dbt docs generate --no-compile --log-path target/lint/logs
)
# Wide, so that its table shows the reasons.
COLUMNS=200 quietly $bin/dbt-bouncer run --config-file dbt-bouncer.yml
unset DBT_TARGET_PATH
echo "sqlfluff ..."
$bin/sqlfluff lint --processes 2 --disable-progress-bar models tests analyses | { grep -v ' PASS$' || true; }
unset SOSDATA_DEMO_DIR SOSDATA_DUCKDB_PATH SOSDATA_PSEUDONYM_SALT
echo "dbt parse and sqlfluff, integration_tests ..."
cd integration_tests
../$bin/dbt deps --quiet
../$bin/python ../tools/strict_parse.py
../$bin/sqlfluff lint --disable-progress-bar models tests | { grep -v ' PASS$' || true; }
