# Two commands are all a fresh machine needs: make run, make test.
PYTHON ?= python3.11
BIN := .venv/bin
HOME_OF_DEMO ?= data

.PHONY: run ui test test-long bench bench-accuracy model lint lock docs clean

run: .venv/.runtime
	$(BIN)/rollcall demo --home $(HOME_OF_DEMO)

ui: .venv/.runtime
	$(BIN)/rollcall ui --home $(HOME_OF_DEMO)

test: lint
	$(BIN)/pytest -m "not long" -n 2 --dist loadfile

test-long: lint
	$(BIN)/pytest --timeout 3600

# linkage against a deterministic join, on a county whose truth is known
bench: .venv/.dev
	$(BIN)/rollcall demo --home build/bench --plan usual
	$(BIN)/python benchmarks/linkage.py build/bench

# how right the links are, on 20 counties whose truth is known; the first time these are made, which takes 15 minutes
bench-accuracy: .venv/.dev
	$(BIN)/python -m benchmarks.accuracy

# the model that ships, learned again from the training counties of benchmarks/labelled.yaml, and its card
model: .venv/.dev
	$(BIN)/python -m benchmarks.labelled training | xargs $(BIN)/python -m pipeline.linkage.default_model

lint: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests

# pages that are made from the code: the data dictionary, the model's card
docs: .venv/.dev
	$(BIN)/python -m pipeline.publish.dictionary
	$(BIN)/python -m pipeline.linkage.default_model

# new locks with hashes; no index address is written into them
lock:
	uv pip compile pyproject.toml --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-strip-extras --custom-compile-command "make lock" --output-file requirements.lock
	uv pip compile pyproject.toml --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-strip-extras --custom-compile-command "make lock" --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

clean:
	rm -rf .venv dbt_project/target dbt_project/logs
