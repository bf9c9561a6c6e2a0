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

.PHONY: demo test check bench clean help

demo: .venv.done  ## run the whole flow on this machine alone, and show where to look
	@$(BIN)/vesicle demo

test: .venv.done  ## run the tests
	@$(BIN)/pytest -q -n 3 --dist worksteal

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
	@rm -rf .venv .venv.done .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis vesicle-demo \
	  preview outbox .vesicle bench/results dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## list these targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10
