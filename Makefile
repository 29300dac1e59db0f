# make demo   checks the sample platform and leaves its outputs in build/demo/
# make test   lint, types and the tests; of what is tried at many points, and of the slowest tests, a part, by the day of the year
#             (tests/turns.py), and fewer examples of each property
# make test-all   the same with all of them
# make bench  the figures of docs/performance.md beside the peers': an hour, 12 GB of memory, 12 GB of disk below ~/.cache;
#             BENCH="contract --runs 3 --rows 1000000" for less
# make platforms   MLflow, DVC, an S3 server and schemathesis in build/platforms: tests/services has them write what is read here, and ask our API
# make live   examples/platform under Prometheus, Alertmanager and Pushgateway (of Debian): healthy, then each fault in turn;
#             environment and outputs in build/live
# make airflow     Apache Airflow in build/airflow (300 MB): tests/services/test_airflow.py runs the DAGs of `mlmonitor dags` there
# All but the last three set up a virtual environment in .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV := $(VENV)/.dev
INSTALL := PIP_CONSTRAINT=constraints.txt $(BIN)/pip install --quiet --disable-pip-version-check --editable

# Tests wait for servers and children half of their time: more of them at once than there are processors.
RUN_TESTS := $(BIN)/pytest -n $(shell echo $$(($$(nproc) * 2))) --dist worksteal --durations=40 --durations-min=5

# A test starts hundreds of processes: none shall compile what another has compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-all lint bench platforms airflow live clean

demo: $(READY)
	rm -rf build/demo
	$(BIN)/pytest contract_tests --mlmonitor-out build/demo
	@echo
	@echo "Written to build/demo/:"
	@find build/demo -type f | sort | sed 's/^/  /'

test: lint
	TEST_TURN=$${TEST_TURN:-$$(date +%j)} $(RUN_TESTS)

test-all: lint
	$(RUN_TESTS)

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(DEV)
	$(BIN)/python -m benchmarks.peers install
	$(BIN)/python -m benchmarks $(BENCH)

platforms: build/platforms/.ready

airflow: build/airflow/.ready

build/platforms/.ready build/airflow/.ready: build/%/.ready: tests/services/%.txt
	$(PYTHON) -m venv build/$*
	build/$*/bin/pip install --quiet --disable-pip-version-check --no-deps --no-compile --requirement $<
	touch $@

live: build/live/.ready
	PYTHONPATH=examples/platform build/live/venv/bin/python -m platform_live --out build/live

build/live/.ready: examples/platform/requirements.txt constraints.txt pyproject.toml
	$(PYTHON) -m venv build/live/venv
	PIP_CONSTRAINT=constraints.txt build/live/venv/bin/pip install --quiet --disable-pip-version-check --requirement $< --editable .
	touch $@

# The plain package: what a user installs, and all that the demo needs.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) .
	touch $(READY)

# With every extra, and what checks the code.
$(DEV): $(READY)
	$(INSTALL) ".[dev]"
	touch $(DEV)

clean:
	rm -rf build $(VENV)
