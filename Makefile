# foi_mailbot: `make setup demo test check bench`. Everything Python goes into .venv/, from hash-locked requirements.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEBIAN := dovecot-core dovecot-imapd postfix systemd
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

.PHONY: help setup dev debian demo check test bench lock clean
help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.setup ## make .venv/ with foi-mailbot in it
dev: $(VENV)/.dev

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "foi_mailbot needs Python 3.11 to 3.13; say which: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.setup: $(VENV)/pyvenv.cfg requirements.lock pyproject.toml
	$(PIP) install --quiet --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.setup requirements-dev.lock
	$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

debian: ## Debian's Dovecot and Postfix, for the tests (as root)
	@missing=$$(dpkg-query -W -f='$${Package} $${Status}\n' $(DEBIAN) 2>&1 | grep -v 'install ok installed' | head -1); \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" != 0 ]; then echo "The tests need: apt-get install $(DEBIAN)"; exit 1; fi; \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(DEBIAN) >/dev/null

demo: setup ## watch the whole job on an embedded mailbox, under a minute
	@$(BIN)/foi-mailbot demo

check: dev ## ruff, mypy, import contracts, fast tests: under a minute
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 tests/core tests/test_scenarios.py -m "not servers and not slow" --cov --cov-report=term:skip-covered --cov-fail-under=95
	$(BIN)/pytest -n 2 -m "not servers and not slow" --ignore=tests/core --ignore=tests/test_scenarios.py

test: debian check ## everything, on a real IMAP and a real SMTP server
	$(BIN)/pytest -n 2 -m "slow and not servers" --durations=5
	$(BIN)/pytest -m servers --durations=5

$(VENV)/.bench: $(VENV)/.dev requirements-bench.lock
	$(PIP) install --quiet --require-hashes -r requirements-bench.lock
	@touch $@

bench: $(VENV)/.bench ## cost a mail, and how well requests are judged: make bench CORPUS=cases.jsonl TERMS=functions.csv
	$(BIN)/python -m bench.intake
	$(BIN)/python -m bench.judgement $(CORPUS:%=--corpus %) $(TERMS:%=--terms %)

lock: dev ## renew the lock files (hashes, no addresses)
	$(BIN)/uv pip compile -q pyproject.toml --extra demo --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	  --no-emit-index-url --no-header --no-annotate -o requirements.lock
	$(BIN)/uv pip compile -q pyproject.toml --extra demo --extra dev --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	  --no-emit-index-url --no-header --no-annotate -o requirements-dev.lock
	$(BIN)/uv pip compile -q pyproject.toml --extra demo --extra dev --extra bench --universal --python-version 3.11 \
	  --generate-hashes --no-strip-extras --no-emit-index-url --no-header --no-annotate -o requirements-bench.lock

clean: ## remove .venv/ and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage dist build
