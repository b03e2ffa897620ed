# Every target says what it does; CI runs the same ones.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
ARGS ?=
PY := .venv/bin/python
# A process for each core, each with a database of its own; a file's tests stay together, because they share servers.
PYTEST := $(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile
# One stamp per content of the lock: installing again is instant until the lock changes.
STAMP := .venv/.installed-$(shell cat requirements/dev.txt | cksum | tr ' ' '-')

.PHONY: help
help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

.PHONY: install
install: $(STAMP) ## make .venv with everything the demo and the tests need, hashes checked

$(STAMP): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Release Gate needs Python 3.11 or newer: make install PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv .venv \
	  || { echo "Python's venv module is missing: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }
	@echo "Installing into .venv what the demo and the tests need: once, a minute or two…"
	@# The lock is whole, so pip resolves nothing: an older pip would look for newer releases of extras, and stop.
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@$(PY) -m pip check >/dev/null || { $(PY) -m pip check; exit 1; }
	@rm -f .venv/.installed-* && touch $@

.PHONY: demo
demo: $(STAMP) ## the main job on this machine: make demo ARGS="--port 8123"
	@exec $(PY) manage.py demo $(ARGS)

.PHONY: test
test: $(STAMP) ## the whole suite on SQLite and on PostgreSQL; reports in build/
	@mkdir -p build && rm -f build/.coverage* build/junit-*.xml
	@$(PY) -m tests.needs
	RELEASEGATE_TEST_DB=sqlite $(PYTEST) $(ARGS) --cov --cov-report= --junitxml=build/junit-sqlite.xml
	RELEASEGATE_TEST_DB=postgres $(PYTEST) $(ARGS) --cov --cov-append --cov-report= --junitxml=build/junit-postgres.xml
	@$(PY) -m coverage xml -q && $(PY) -m coverage report --skip-covered --format=total | sed 's/^/coverage: /;s/$$/ %/'

.PHONY: check
check: $(STAMP) ## style, import contracts, migrations, architecture, pure rules: under two minutes
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	PYTHONPATH=. .venv/bin/lint-imports --no-cache
	RELEASEGATE_MODE=test DATABASE_URL=sqlite:///:memory: $(PY) manage.py makemigrations --check --dry-run
	RELEASEGATE_TEST_DB=sqlite $(PY) -m pytest -q tests/architecture tests/kernel $(ARGS)

.PHONY: bench
bench: $(STAMP) ## measure what the product costs beside its floors, JSON lines: make bench ARGS="ingest"
	@$(PY) -m bench $(ARGS)

.PHONY: races
races: $(STAMP) ## a thousand rounds of two worker processes racing, and of votes and posts; on PostgreSQL
	RELEASEGATE_TEST_DB=postgres RELEASEGATE_TEST_RACE_ROUNDS=1000 $(PY) -m pytest --timeout=3600 -m races $(ARGS)

.PHONY: matching
matching: $(STAMP) ## a million random gates and votes against trying every way to fill them; prints count and time
	RELEASEGATE_TEST_DB=sqlite RG_MATCHING_CASES=1000000 $(PY) -m pytest -q -s tests/pipelines/test_matching.py -k seeded $(ARGS)

.PHONY: faults
faults: $(STAMP) ## every place a worker may be killed or stopped at, and a broken Redis, on servers of our own
	RELEASEGATE_TEST_DB=postgres RELEASEGATE_TEST_FAULTS=all $(PY) -m pytest -m faults $(ARGS)

.PHONY: ship
ship: $(STAMP) ## this project through its own gate, to production: make ship ARGS="--reports build"
	@$(PY) -m ship $(ARGS)

.PHONY: screenshots
screenshots: $(STAMP) ## take the pictures of the README again, from a demo of its own
	@$(PY) docs/screenshots.py

.PHONY: fmt
fmt: $(STAMP) ## put the code into shape
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
