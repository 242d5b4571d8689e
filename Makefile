# Needs Python 3.11 or newer and make; everything else goes into .venv, from the hashed lock files.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test docs torture bench lint lock clean

demo: .venv/run.stamp  ## set up, then run the main job on the sample of colleges
	$(BIN)/outreach demo
	@echo "To use the commands that it names, once in each terminal: source .venv/bin/activate"

# Four processes, on two cores as well: a quarter of the tests' time goes to waiting for servers and for what is killed.
test: .venv/dev.stamp  ## set up, then run the whole test suite (SQLite and a real PostgreSQL)
	$(BIN)/python -m pytest -n 4 --dist loadgroup

docs: .venv/dev.stamp  ## set up, then build the docs as a site that needs no network; a link that leads nowhere fails
	$(BIN)/python -m sphinx -W --keep-going -q -c docs/site -d build/doctrees . build/docs
	@echo "Read it: build/docs/index.html"

torture: .venv/dev.stamp  ## every attack, every reader against 110,000 damaged items, then kill runs, workers and sending at random moments (OUTREACH_TEST_KILLS of them) and at every boundary; takes hours
	$(BIN)/python -m benchmarks.attacks
	$(BIN)/python -m benchmarks.fuzz
	$(BIN)/python -m benchmarks.kills --sqlite $${OUTREACH_TEST_KILLS:-500} --postgres $${OUTREACH_TEST_KILLS:-500}
	OUTREACH_TEST_KILLS=$${OUTREACH_TEST_KILLS:-500} $(BIN)/python -m pytest tests/e2e/test_kills.py tests/e2e/test_send_kills.py -s

bench: .venv/dev.stamp  ## the figures of docs/benchmarks.md: steps, other frameworks, contacts at once, growth, start-up, tokens
	$(BIN)/python -m benchmarks.recorded_step
	$(BIN)/python -m benchmarks.frameworks
	$(BIN)/python -m benchmarks.workers
	$(BIN)/python -m benchmarks.workers --seconds 2
	$(BIN)/python -m benchmarks.bare_contacts
	$(BIN)/python -m benchmarks.growth
	$(BIN)/python -m benchmarks.start_up
	$(BIN)/python -m benchmarks.tokens

lint: .venv/dev.stamp  ## style, types, import directions, dead code, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/deptry .

lock:  ## write the lock files anew (needs uv); what users install follows what was tested
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q --extra dev -o requirements-dev.lock pyproject.toml requirements-build.in
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock pyproject.toml requirements-build.in -c requirements-dev.lock

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11 ...")'
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.lock pyproject.toml | .venv/bin/python
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: requirements-dev.lock pyproject.toml | .venv/bin/python
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ .venv/run.stamp

clean:
	rm -rf .venv
