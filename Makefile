# make demo   checks the sample platform and leaves its outputs in build/demo/
# make test   lint, types and every test
# make bench  the figures of docs/performance.md beside the peers': an hour, 12 GB of memory, 12 GB of disk below ~/.cache;
#             BENCH="contract --runs 3 --rows 1000000" for less
# All set up a virtual environment in .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint bench clean

demo: $(READY)
	rm -rf build/demo
	$(BIN)/pytest contract_tests --mlmonitor-out build/demo
	@echo
	@echo "Written to build/demo/:"
	@find build/demo -type f | sort | sed 's/^/  /'

test: lint
	$(BIN)/pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m benchmarks.peers install
	$(BIN)/python -m benchmarks $(BENCH)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt $(BIN)/pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $(READY)

clean:
	rm -rf build $(VENV)
