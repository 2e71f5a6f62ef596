# `make` lists what there is. Variables: PYTHON (which Python makes .venv), ARGS (passed on to pytest or the benchmarks),
# PORT and DATA (of `make kafka`), SEED (of `make chaos`), PROCESSES (of `make test`, side by side).
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PORT ?= 9092
DATA ?= .build/kafka-data
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Of quick tests one a core. Where others wait too, for servers, sessions and deadlines, three more: they share a Kafka, and which of them
# begin with what waits is said in tests/services/together.py.
SIDE_BY_SIDE := -n auto --maxprocesses 4
WAITING_SIDE_BY_SIDE = -n $(or $(PROCESSES),$(shell $(PYTHON) -c 'import os; print(min(8, 3 + (os.cpu_count() or 1)))'))
# One lock for every Python from 3.11 and every platform; versions and hashes only, for where packages come from is each
# machine's own affair.
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header

# Where it is set, each process of the tests would compile its modules anew, and rewrite their asserts.
export PYTHONDONTWRITEBYTECODE :=

NOT_CHAOS := --deselect tests/cluster/test_chaos.py
# Pytest's exit where ARGS chose no test, and ours where nothing failed but on Kafka (tests/services/together.py).
NO_TEST := 5
FAILED_ON_KAFKA := 10

.PHONY: help
help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: $(VENV)/.project ## make .venv with the locked packages and Tidemark in it (Python 3.11 or later)
	@echo "Tidemark is in $(VENV): $(BIN)/tidemark --help"

.PHONY: demo
demo: $(VENV)/.project ## play real orders through Tidemark, with nothing but Python
	@$(BIN)/tidemark demo

.PHONY: quick
quick: $(VENV)/.dev ## the tests that need neither Java nor Redis nor a compiler, and take no longer than a minute together
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) --dist worksteal -p no:logging --hypothesis-profile quick \
		-m "not kafka and not redis and not compiler and not slow" $(ARGS)

# What is run on three brokers shares one cluster, and its random run is `make chaos`'s.
# A machine that is busy with other things can keep a real broker or worker silent for longer than a test allows: what failed beside
# others is run once more alone, and believed then. The first failure stays in what is printed, to be looked into.
.PHONY: test
test: $(VENV)/.dev services ## set up what the tests need and run them all (ARGS="-k wallet" for some)
	@$(BIN)/python -m pytest $(WAITING_SIDE_BY_SIDE) --dist loadgroup --durations=10 $(NOT_CHAOS) $(ARGS) || case $$? in \
		$(NO_TEST)) ;; \
		$(FAILED_ON_KAFKA)) echo "once more, one by one:"; $(BIN)/python -m pytest -x --last-failed --last-failed-no-failures none $(NOT_CHAOS) $(ARGS);; \
		*) exit 1;; esac

# Of some tests `make test` and `make quick` try the first of what these try: the same in every run.
.PHONY: thorough
thorough: $(VENV)/.dev services ## try all that is tried at random, of which `make test` tries a third
	@$(BIN)/python -m pytest $(WAITING_SIDE_BY_SIDE) --dist loadgroup --durations=10 --hypothesis-profile thorough -m thorough $(ARGS)

.PHONY: check
check: $(VENV)/.dev ## ruff, mypy, the import contracts, no machine's paths in the tree, licences
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m devtools.check_tree
	$(BIN)/python -m devtools.check_licences

.PHONY: bench
bench: $(VENV)/.dev services ## measure Tidemark beside Kafka Streams and stock Faust; writes docs/performance.md
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: compile
compile: $(VENV)/.dev ## compile the hot modules of a copy with mypyc, in .build/compiled (needs a C compiler)
	@$(BIN)/python -m devtools.compiled_tree

.PHONY: chaos
chaos: $(VENV)/.dev services ## the random runs of kills, stops and sleepers, of workers and of brokers (SEED=7 for a certain one)
	@$(if $(SEED),CHAOS_SEED=$(SEED)) $(BIN)/python -m pytest tests/crash tests/cluster -m chaos $(ARGS)

.PHONY: kafka
kafka: $(VENV)/.project kafka-jars ## a local Kafka in the foreground, without Docker (PORT=9092 DATA=.build/kafka-data)
	@exec $(BIN)/python -m devtools.kafka --port $(PORT) --data $(DATA)

.PHONY: kafka-jars
kafka-jars: .build/kafka/.fetched ## fetch Kafka's jars with Maven into .build/kafka

.PHONY: services
services: ## install Java, Maven and Redis where that can be done, and fetch Kafka's jars
	@devtools/install_services

.PHONY: lock
lock: $(VENV)/.dev ## choose the newest permitted packages anew and write requirements/*.lock
	$(LOCK) --output-file requirements/installer.lock requirements/installer.in
	$(LOCK) --output-file requirements/runtime.lock pyproject.toml requirements/build.in
	$(LOCK) --output-file requirements/dev.lock --extra dev --constraint requirements/runtime.lock \
		pyproject.toml requirements/build.in

# Each stamp is touched last, so that a step that was broken off is done again.
$(VENV)/bin/python:
	@command -v $(PYTHON) > /dev/null || { echo "Tidemark needs Python 3.11 or later, and there is no $(PYTHON) here." \
		"Install it, or name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tidemark needs Python 3.11 or later," \
		"and $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment" \
		"(Debian: apt-get install python3-venv)." >&2; exit 1; }

$(VENV)/.runtime: requirements/runtime.lock requirements/installer.lock | $(VENV)/bin/python
	@echo "installing packages into $(VENV)"
	@devtools/install_lock requirements/runtime.lock
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.runtime
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q broker streams rules tables agents sinks tidemark
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.project
	@echo "installing the developer's packages into $(VENV)"
	@devtools/install_lock requirements/dev.lock
	@# pytest rewrites every assert once: here, and not in each of the processes that begin side by side. What is wrong they say.
	@$(BIN)/python -m pytest --collect-only --quiet > /dev/null || true
	@touch $@

# Into a folder of its own first: jars of two versions of Kafka side by side would not start.
.build/kafka/.fetched: devtools/pom.xml
	@command -v mvn > /dev/null || { echo "Kafka's jars come with Maven, and there is no mvn here" \
		"(Debian: apt-get install maven)." >&2; exit 1; }
	@echo "fetching Kafka's jars with Maven"
	@rm -rf .build/kafka .build/kafka.new
	@MAVEN_OPTS="$${MAVEN_OPTS:-} -Djansi.noreset=true" mvn --quiet --batch-mode -Dstyle.color=never --file devtools/pom.xml dependency:copy-dependencies \
		-DincludeScope=runtime -DoutputDirectory=$(CURDIR)/.build/kafka.new
	@mv .build/kafka.new .build/kafka
	@touch $@
