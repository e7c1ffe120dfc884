# Everything from a fresh clone, with nothing installed but Python 3.11 (or newer) and make.
#   make demo    a real Kafka, a worker, a board and a recording: http://127.0.0.1:8080
#   make test    every test          make check   those without a network, in a minute
#   make chaos   kills and delays    make bench   figures of speed

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: demo test check live chaos bench system-packages clean

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14; do \
	"$$name" -c '$(NEW_ENOUGH)' 2>/dev/null && echo "$$name" && break; done)
BIN := .venv/bin
RUN := .venv/.installed
DEVELOP := .venv/.installed-dev

demo: $(RUN)
	exec $(BIN)/hotline demo

test: system-packages check live

check: $(DEVELOP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -m "not live and not slow and not chaos" -n 2 -q

live: $(DEVELOP)
	$(BIN)/pytest -m "(live or slow) and not chaos" -q

chaos: $(DEVELOP)
	$(BIN)/pytest tests/worker/test_exactness.py tests/live/test_bank.py -m live -q

bench: $(DEVELOP)
	$(BIN)/hotline bench throughput --json
	$(BIN)/hotline bench latency --json
	$(BIN)/hotline bench memory
	$(BIN)/hotline bench checkpoint

# The live tests look at the page with a browser and at the metrics with Prometheus.
system-packages:
	@./.ci/system-packages

clean:
	rm -rf .venv build dist mutants *.egg-info

# A second call is quick: packages are installed again only when pyproject.toml has changed.
$(RUN): pyproject.toml | .venv
	@echo "Installing the packages into .venv (once; some 300 MB on disk) ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[embedded]'
	@touch $@

$(DEVELOP): pyproject.toml | .venv
	@echo "Installing the packages and the test tools into .venv ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[embedded,dev]'
	@touch $(RUN) $@

.venv:
	@if [ -z "$(PYTHON)" ] || ! "$(PYTHON)" -c '$(NEW_ENOUGH)'; then \
		echo "Python 3.11 or newer is needed (found: $$("$(or $(PYTHON),python3)" --version 2>&1 || true))." >&2; \
		echo "Name one: make PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@"$(PYTHON)" -m venv .venv || { rm -rf .venv; \
		echo "This Python cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
