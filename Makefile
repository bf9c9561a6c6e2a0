# Needs Python 3.11 or newer and make. Everything else is installed into .venv from uv.lock.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS = never
# Of these, parse, ingest and rank want update files of PubMed, scale and send postfix's smtp-sink, kills strace.
BENCH ?= $(sort $(wildcard bench/*.py))

.DEFAULT_GOAL := help

.venv.done: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Vesicle needs Python 3.11 or newer; name one with make PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv sync --quiet --frozen --inexact
	@touch $@

.PHONY: demo test test-live check bench clean help

demo: .venv.done  ## run the whole flow on this machine alone, and show where to look
	@$(BIN)/vesicle demo

test: .venv.done  ## run the tests
	@$(BIN)/pytest -q -n 3 --dist worksteal

# Servers of other hands, each in a folder of its own: a Mastodon, and where Node is there a PDS of Bluesky.
.live.done: .venv.done tests/rim/social/pds/package.json
	@test -x .live/mastodon/bin/mastodon_mock || { $(PYTHON) -m venv .live/mastodon && \
	  .live/mastodon/bin/python -m pip install --quiet --disable-pip-version-check mastodon-mock==0.6.1; }
	@mkdir -p .live/pds && cp tests/rim/social/pds/package.json .live/pds/
	@if command -v npm >/dev/null; then cd .live/pds && npm install --silent --ignore-scripts --no-audit --no-fund && \
	  CFLAGS=-O1 CXXFLAGS=-O1 npm_config_build_from_source=true npm_config_nodedir=$$(dirname $$(dirname $$(command -v node))) \
	  npm rebuild --silent better-sqlite3; else echo "no Node: the PDS of Bluesky is left out"; fi
	@touch $@

test-live: .live.done  ## run the tests of channels against real servers on loopback
	@VESICLE_LIVE=1 VESICLE_MASTODON=$(CURDIR)/.live/mastodon/bin/mastodon_mock VESICLE_PDS=$(CURDIR)/.live/pds \
	  $(BIN)/pytest -q -m live tests/rim/social

check: .venv.done  ## formatting, lint, types, layers
	@$(BIN)/ruff format --no-cache --check --quiet .
	@$(BIN)/ruff check --no-cache --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: .venv.done  ## measure on an idle machine, and write tables and JSON to bench/results/; BENCH= names some
	@$(BIN)/uv sync --quiet --frozen --inexact --group peers
	@left=; for script in $(BENCH); do echo "== $$script"; $(BIN)/python $$script || left="$$left $$script"; done; \
	  test -z "$$left" || { echo "did not run, or missed a goal (the reason stands above):$$left"; exit 1; }

clean:  ## remove all that make has made
	@rm -rf .venv .venv.done .live .live.done .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis vesicle-demo \
	  preview outbox .vesicle bench/results dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## list these targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10
