# `make` alone lists the commands.
SHELL := /bin/bash
BIN := .venv/bin
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev setup-engines build deliver verify rewrite lists demo new-county docs test test-long test-engines \
	lint save-state slim-ci benchmark contract picture map analysis analyses-page dictionary lock clean

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: profiles.yml  ## create .venv from the lock file; PYTHON=python3.12
	@scripts/setup.sh requirements.txt
	@mkdir -p -m 700 demo

setup-dev: setup  ## add the tools for tests and linting
	@scripts/setup.sh requirements-dev.txt

setup-engines: setup-dev  ## add PostgreSQL, Spark (Java 17) and what they are compared with
	@command -v java > /dev/null || { echo "Spark needs Java 17 or later: install it and run this again." >&2; exit 1; }
	@scripts/setup.sh requirements-engines.txt

profiles.yml:
	@cp profiles.yml.example profiles.yml

build: setup  ## extract to drafts of the files; PERIODS="2024Q1 2024Q2" VARS='{organiser_code: ...}' SOSDATA_SOURCE_DIR=folder
	@$(BIN)/python scripts/build.py --periods "$(PERIODS)" --vars '$(VARS)'

# The texts reach the script through the environment, as they were written: neither make nor a shell reads them.
override SIGNED_BY := $(value SIGNED_BY)
override CORRECTION := $(value CORRECTION)
export SIGNED_BY CORRECTION
deliver: setup  ## freeze a draft; PERIOD=2024Q1 SIGNED_BY="name" CORRECTION="reason". Alone: write the drafts again
	@$(if $(PERIOD),$(BIN)/python scripts/deliver.py freeze "$(PERIOD)" --signed-by="$$SIGNED_BY" \
		$(if $(CORRECTION),--correction="$$CORRECTION"),$(if $(SIGNED_BY)$(CORRECTION),$(error PERIOD=2024Q1 is missing),\
		$(BIN)/python scripts/deliver.py))

verify: setup  ## check a frozen folder against its manifest and the delivery record; DIR=delivery/2024Q1/v1
	@$(BIN)/python scripts/deliver.py verify "$(or $(DIR),$(error DIR=folder is missing))"

rewrite: setup  ## copy the files of a version out of the delivery record; PERIOD=2024Q1 VERSION=1
	@$(BIN)/python scripts/deliver.py rewrite "$(or $(PERIOD),$(error PERIOD=2024Q1 is missing))" \
		"$(or $(VERSION),$(error VERSION=1 is missing))"

lists: setup  ## write the lists of the last build for units: a workbook and a CSV file for each source system and unit
	@$(BIN)/python scripts/lists.py

map: setup  ## rows for code_map.csv: codes of the last build that wait for one; make -s map >> seeds/settings/code_map.csv
	@$(BIN)/python tools/code_map_rows.py

demo: setup  ## make the demo extract in demo/extract/; PERSONS=3000
	@$(BIN)/python tools/demo/demo_extract.py --out demo/extract --persons $(or $(PERSONS),3000)

new-county: setup  ## write a project of your own that installs this one; DIR=../county NAME=county
	@$(BIN)/python tools/new_county.py --dir "$(or $(DIR),$(error DIR=folder is missing))" --name "$(or $(NAME),$(error NAME=name is missing))"

lint: setup-dev  ## sqlfluff, ruff, yamllint, dbt-bouncer, datacontract, and what dbt parse warns of
	@tools/lint.sh

test: lint  ## all tests but the long ones and those of engines
	@$(BIN)/python -m pytest -n 2 --dist loadscope -m "not long and not engines" $(PYTEST)

test-long: setup-dev  ## the tests that take longer
	@$(BIN)/python -m pytest -n 2 -m long $(PYTEST)

test-engines: setup-engines  ## PostgreSQL and Spark (Java 17) against DuckDB
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m engines $(PYTEST)

save-state: setup  ## build the demo and keep it in STATE=folder, for slim-ci
	@$(BIN)/python tools/slim_ci.py save $(or $(STATE),$(error STATE=folder is missing))

slim-ci: setup  ## build and test only what differs from the build in STATE=folder
	@$(BIN)/python tools/slim_ci.py run $(or $(STATE),$(error STATE=folder is missing))

benchmark: setup-engines  ## figures for docs/benchmarks.md; SCALE=1, 5 or 20, ENGINE=duckdb, postgres or spark, OPTIONS=--all-periods
	@$(BIN)/python benchmarks/benchmark.py --scale $(or $(SCALE),1) --engine $(or $(ENGINE),duckdb) $(OPTIONS)

docs: setup  ## dbt's documentation as one file, target/static_index.html
	@$(BIN)/dbt docs generate --static

contract: setup  ## write the source contract in docs/contract/ again; OPTIONS=--keep keeps it as published
	@$(BIN)/python tools/publish_contract.py $(OPTIONS)

picture: setup  ## draw the rooms in docs/architecture.md again
	@$(BIN)/python tools/picture.py

analysis: setup  ## run a query of analyses/; NAME=new_and_ended OUT=folder FILE=analytics.duckdb VARS='{extracted_on: ...}'
	@$(BIN)/python tools/analysis.py --name "$(NAME)" --out "$(OUT)" --file "$(FILE)" --vars '$(VARS)'

analyses-page: setup-dev  ## write docs/analyses.md and its charts again, of the demo that was built last
	@$(BIN)/python tools/analysis.py --page

dictionary: setup  ## write docs/dictionary/ again, in English, Swedish and Finnish
	@$(BIN)/python tools/dictionary.py

lock: setup-dev  ## pin requirements*.in again, for Python 3.11 to 3.13 alike
	@$(BIN)/uv pip compile --quiet --no-strip-extras --generate-hashes --universal --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	@$(BIN)/uv pip compile --quiet --no-strip-extras --generate-hashes --universal --python-version 3.11 -c requirements-dev.txt requirements-engines.in -o requirements-engines.txt
	@$(BIN)/uv pip compile --quiet --no-strip-extras --generate-hashes --universal --python-version 3.11 -c requirements-dev.txt requirements.in -o requirements.txt

clean:  ## remove what builds made: target/, logs/, demo/ and drafts; no database, source or frozen folder
	@scripts/clean.sh
