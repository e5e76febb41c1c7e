# Everything here works on a bare machine with python3 (3.11 or later, with venv) and make.
# Paths are relative, so the folder may have any name.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# make test COVER=1 counts the branches that it takes too, for a third more time, and asks for so many of them in percent.
COVER ?=
COVERAGE_FLOOR := 95
# More arguments for pytest: make test ARGS="-k warehouse"
ARGS ?=

# What resolves the requirements. It stays outside the environment that the hub runs in.
LOCK_VENV := .venv-lock
UV_VERSION := 0.13.9
# dlt, which `make bench` measures beside the hub and `make e2e` lets load from it, outside its environment too.
BENCH_VENV := .venv-bench
DLT_VERSION := 1.31.0
PYARROW_VERSION := 26.0.1
# UPGRADE=--upgrade takes the newest versions; without it a pin moves only when it must.
UPGRADE ?=
COMPILE := $(LOCK_VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-config --custom-compile-command "make lock"

E2E_PACKAGES := chromium curl fonts-noto-cjk fonts-noto-core openssh-client openssh-server poppler-utils

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-8s  %s\n", $$1, $$2 }' Makefile

.PHONY: install
install: $(VENV)/.package ## Make .venv with the hub and what it needs to run

.PHONY: run
run: install ## Start the hub on 127.0.0.1:8080 with demo connections
	$(BIN)/synchub serve --demo

.PHONY: migrate
migrate: install ## Bring the database's schema up to date
	$(BIN)/synchub migrate

.PHONY: test
test: $(VENV)/.dev ## Run every test that needs no Debian package (COVER=1 counts branches)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not e2e" \
		$(if $(COVER),--cov --cov-fail-under=$(COVERAGE_FLOOR)) $(ARGS)

.PHONY: e2e
e2e: $(VENV)/.dev ## Run the long proofs whole, and the tests that need Debian packages or Node (root installs them)
	@if ! grep -rqs --include='*.py' 'mark\.e2e' tests; then echo "No test is marked e2e yet."; exit 0; fi; \
	missing=$$(for name in $(E2E_PACKAGES); do \
		dpkg-query -W -f '$${Status}' $$name 2>/dev/null | grep -q 'ok installed' || printf '%s ' $$name; \
	done); \
	command -v node >/dev/null && command -v npm >/dev/null || missing="$$missing nodejs npm"; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ]; then \
		echo "Installing $$missing"; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends $$missing >/dev/null || exit 1; \
	elif [ -n "$$missing" ]; then \
		echo "These Debian packages are missing, and only root can install them: $$missing"; \
	fi; \
	$(MAKE) --no-print-directory $(BENCH_VENV)/.dlt || exit 1; \
	$(BIN)/python -m pytest -n 2 --dist worksteal -m e2e $(ARGS)

.PHONY: lint
lint: $(VENV)/.dev ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(VENV)/.dev ## Check the types
	$(BIN)/mypy

.PHONY: imports
imports: $(VENV)/.dev ## Check who may know whom
	$(BIN)/lint-imports --no-cache

.PHONY: bench
bench: $(VENV)/.dev ## Measure the speed beside other ways to do the same (root installs wrk)
	@if ! command -v wrk >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing wrk"; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends wrk >/dev/null || true; \
	fi
	@$(MAKE) --no-print-directory $(BENCH_VENV)/.dlt || echo "dlt cannot be had: it has no turn"
	$(BIN)/python -B -m benchmarks $(ARGS)

.PHONY: lock
lock: $(LOCK_VENV)/.uv ## Pin the requirements anew (UPGRADE=--upgrade takes the newest)
	$(COMPILE) $(UPGRADE) --extra dev --group build --output-file requirements-dev.txt pyproject.toml
	$(COMPILE) --constraints requirements-dev.txt --output-file requirements.txt pyproject.toml
	$(COMPILE) --constraints requirements-dev.txt --group build --output-file requirements-build.txt

.PHONY: clean
clean: ## Remove all that was built or installed here; data/ and .env stay
	rm -rf $(VENV) $(LOCK_VENV) $(BENCH_VENV) build dist htmlcov .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache \
		.ruff_cache .import_linter_cache
	find src migrations tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "synchub needs Python 3.11 or later: make PYTHON=python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "python3 has no venv module; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/.requirements: requirements.txt requirements-build.txt | $(BIN)/python
	@echo "Installing what synchub needs into $(VENV), about a minute the first time"
	@$(PIP) install --require-hashes -r requirements.txt -r requirements-build.txt
	@touch $@

$(VENV)/.package: pyproject.toml $(VENV)/.requirements
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.package
	@echo "Installing what the tests need into $(VENV)"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

$(LOCK_VENV)/.uv: Makefile
	@$(PYTHON) -m venv $(LOCK_VENV)
	@$(LOCK_VENV)/bin/python -m pip --disable-pip-version-check --quiet install uv==$(UV_VERSION)
	@touch $@

$(BENCH_VENV)/.dlt: Makefile
	@$(PYTHON) -m venv $(BENCH_VENV)
	@echo "Installing dlt into $(BENCH_VENV)"
	@$(BENCH_VENV)/bin/python -m pip --disable-pip-version-check --quiet install \
		"dlt[postgres]==$(DLT_VERSION)" "pyarrow==$(PYARROW_VERSION)"
	@touch $@
