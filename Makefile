PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
.PHONY: test test-long test-trackers lint demo docs bench bench-large

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -c constraints.txt -e '.[test]'
	touch $@

test: $(VENV)/.ready lint
	$(BIN)/pytest -n 2 -m 'not long'

test-long: $(VENV)/.ready lint
	$(BIN)/pytest -n 2

# Runs in MLflow and DVCLive themselves, in an environment of their own (1 GB).
test-trackers: export PATH := $(CURDIR)/$(VENV)-trackers/bin:$(PATH)
test-trackers: $(VENV)-trackers/.ready
	$(VENV)-trackers/bin/pytest tests/runs

$(VENV)-trackers/.ready: pyproject.toml constraints-trackers.txt
	$(PYTHON) -m venv $(VENV)-trackers
	$(VENV)-trackers/bin/pip install -q -c constraints-trackers.txt -e '.[test-trackers]'
	touch $@

lint: $(VENV)/.ready
	$(BIN)/ruff check dsv tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports --config setup.cfg

demo: $(VENV)/.ready
	$(BIN)/python examples/digits/demo.py

docs: $(VENV)/.ready
	$(BIN)/python docs/reference.py

bench bench-large: $(VENV)/.ready
	$(BIN)/pip install -q -c constraints.txt -e '.[bench]' && $(BIN)/python -m bench $(subst bench-,,$(filter bench-large,$@))
