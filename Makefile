# Every command of the project. `make` alone lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TREES := $(wildcard src tests tools bench)
# How many tests run at once: as many as there are cores. `make test WORKERS=0` keeps them in one process, for a debugger.
WORKERS ?= logical
# Tests that fill a machine by themselves, and bound how long things may take on it: nothing runs beside them.
ALONE := tests/faults
# What `make test` runs; for example `make test TESTS=tests/unit/test_checks.py`. Without it, everything.
TESTS ?=
# Where to write what was found, for machines: `REPORT=test-report` writes test-report-1.xml and test-report-2.xml.
REPORT ?=
report = $(if $(REPORT),--junitxml=$(REPORT)-$(1).xml)

.PHONY: help setup demo demo-distributed run pages web openapi stack test test-pages check format lock bench clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make the environment in .venv; at once when nothing has changed.

# uv comes out of the lock too, checked by its hash; it installs in seconds what pip installs in half a minute. Where
# it cannot (no build for this machine, an index that only pip is configured for), pip does the same from the same lock.
$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(MAKE) --no-print-directory $(BIN)/python
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@awk '/^[a-z]/ {wanted = /^uv==/} wanted' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock \
	  && $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock \
	  || { echo "setup: pip goes on without uv; this takes about a minute"; \
	       $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

# A python that is on the PATH may still refuse to run (version managers leave such shims), so each is tried.
$(BIN)/python:
	@for python in python3.13 python3.12 python3.11 python3; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "setup: $$($$python -V) in $(VENV)"; \
	    $$python -m venv $(VENV) && exit 0; \
	    rm -rf $(VENV); \
	    echo "setup: $$python cannot make an environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
	    exit 1; \
	  fi; \
	done; \
	echo "setup: gesso needs Python 3.11 or newer; this machine has $$(python3 -V 2>&1 || echo none)." >&2; \
	exit 1

demo: setup ## Make pictures, a video and a 3D model in gesso-demo/, offline.
	@$(BIN)/gesso demo --out gesso-demo

run: setup ## Serve the API at 127.0.0.1:8000, and the pages where they can be built.
	-@$(BIN)/python -m tools.pages build
	@$(BIN)/gesso serve

pages: setup ## Build the web pages into web/dist, if something in web/ is newer; Node comes from PyPI where there is none.
	@$(BIN)/python -m tools.pages build

web: setup ## Serve the pages with reload at 127.0.0.1:5173, beside a `make run` in another terminal (GESSO_WEB_API names it).
	@$(BIN)/python -m tools.pages dev

openapi: setup ## Write web/openapi.json anew, from which the pages' client is made.
	@$(BIN)/python -m tools.openapi

stack: setup ## Run PostgreSQL, RabbitMQ, Redis, an API, two workers and a beat until Ctrl-C, without Docker.
	@$(BIN)/python -m tools.stack

demo-distributed: setup ## The same as `make demo` on such a stack, in gesso-demo-distributed/.
	@$(BIN)/python -m tools.stack --demo

test: setup ## Run every test but the pages': on SQLite, on PostgreSQL, on the distributed stack.
ifdef TESTS
	@$(BIN)/pytest -q -n $(WORKERS) --maxprocesses 8 $(TESTS)
else
	@$(BIN)/pytest -q -n $(WORKERS) --maxprocesses 8 $(ALONE:%=--ignore=%) --ignore=tests/web $(call report,1); together=$$?; \
	$(BIN)/pytest -q $(ALONE) $(call report,2) && exit $$together
endif

test-pages: pages ## Check the pages' own code, run its tests, and try the pages in Chromium.
	@$(BIN)/python -m tools.pages check
	@$(BIN)/python -m tools.pages test
	@$(BIN)/pytest -q tests/web

check: setup ## Format, lint, types, floors and the project's own rules: exactly what CI checks.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(TREES) hatch_build.py
	$(BIN)/lint-imports
	$(BIN)/python -m tools.checks

format: setup ## Format the code and mend what ruff can mend by itself.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	@$(BIN)/python -m tools.pages format

lock: setup ## Write requirements.lock anew: every platform, every hash, no host. LOCK=--upgrade takes newer versions.
	$(BIN)/uv pip compile -q pyproject.toml --all-extras --group dev --universal --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate $(LOCK) -o requirements.lock

bench: setup ## Measure against baselines, in the same run.
	@$(BIN)/python -m bench

clean: ## Remove the environment, the caches and what the demos made; gesso-data/ and gesso-stack/ stay.
	rm -rf web/node_modules web/dist web/src/api/generated web/src/routes.gen.ts
	rm -rf $(VENV) gesso-demo gesso-demo-distributed dist build test-report-*.xml .mypy_cache .ruff_cache .pytest_cache \
	  .hypothesis .import_linter_cache
	find src tests tools bench -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
