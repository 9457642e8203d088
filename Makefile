# Two commands are all a fresh machine needs: make run, make test. All of them: make help.
# the first of these that is there; the lock holds for all
PYTHONS := python3.11 python3.12 python3.13 python3
PYTHON ?= $(firstword $(foreach name,$(PYTHONS),$(shell command -v $(name) >/dev/null 2>&1 \
	&& $(name) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $(name))))
BIN := .venv/bin
HOME_OF_DEMO ?= data
PORT ?= 3000

.PHONY: help run ui test test-long bench bench-large bench-night bench-accuracy bench-accountability model lint lock docs spark bundle audit clean

# this list
help:
	@awk '/^# /{said = said ? said " " substr($$0, 3) : substr($$0, 3); next} \
		/^[a-z][a-z-]*:/{sub(/:.*/, ""); if (said) printf "make %-22s %s\n", $$0, said} {said = ""}' Makefile

# a synthetic county in data/ (HOME_OF_DEMO) and its night
run: .venv/.runtime
	$(BIN)/rollcall demo --home $(HOME_OF_DEMO)

# Dagster's pages on that county; another port with PORT=3001
ui: .venv/.runtime
	$(BIN)/rollcall ui --home $(HOME_OF_DEMO) --port $(PORT)

# lint, types and all tests but the long ones; files in their order: the nights, which take longest, come before what ends in seconds
test: lint
	$(BIN)/pytest -m "not long" -n 2 --dist loadfile --no-loadscope-reorder

# the tests that take minutes too
test-long: lint
	$(BIN)/pytest --timeout 3600

# linkage beside its peers, and a night's increment, on counties whose truth is known: an hour the first time, as the
# county of a million is made, then half of one
bench: .venv/.dev .venv-bench/.done
	$(BIN)/rollcall bench
	$(BIN)/python -m benchmarks.increment

# a night from landed files to release, stage by stage, beside reading and writing the same files once: half an hour the
# first time
bench-night: .venv/.dev
	$(BIN)/python -m benchmarks.night --save

# with five million records: another half hour, 12 GB of memory
bench-large: .venv/.dev .venv-bench/.done
	$(BIN)/rollcall bench
	$(BIN)/python -m benchmarks.increment --large

# how right the links are, on 20 counties whose truth is known; the first time these are made, which takes 15 minutes
bench-accuracy: .venv/.dev
	$(BIN)/python -m benchmarks.accuracy

# power and false alarms of the control limits on 22 counties whose truth is known, and what scorecards add to a night;
# the first time the counties are made, which takes half an hour
bench-accountability: .venv/.dev
	$(BIN)/python -m benchmarks.accountability
	$(BIN)/python -m benchmarks.accountability --cost

# the model that ships, learned again from the training counties of benchmarks/labelled.yaml, and its card
model: .venv/.dev
	$(BIN)/python -m benchmarks.labelled training | xargs $(BIN)/python -m pipeline.linkage.training.default_model

# format, lint, types, the direction of imports, SQL
lint: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests
	$(BIN)/sqlfluff lint --disable-progress-bar --config pipeline/statements.sqlfluff pipeline

# pages that are made from the code: settings, the data dictionary, the model's card
docs: .venv/.dev
	$(BIN)/python -m pipeline.settings.page
	$(BIN)/python -m pipeline.publish.release.data_dictionary
	$(BIN)/python -m pipeline.linkage.training.default_model

# dist/rollcall-<version>-bundle.tar: all that a machine without a network needs (docs/runbooks/install_offline.md)
bundle: .venv/.dev
	$(BIN)/python -m bundle.make_bundle

# known vulnerabilities of what the lock holds; needs a network, as the list of them is fetched. PIP_AUDIT_WORDS=… adds
# words for pip-audit, such as another service
audit: .venv-audit/.done
	.venv-audit/bin/pip-audit --requirement requirements.lock --require-hashes --disable-pip --progress-spinner off \
		$(PIP_AUDIT_WORDS)

# new locks with hashes; no index address is written into them
lock:
	uv pip compile pyproject.toml --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-strip-extras --custom-compile-command "make lock" --output-file requirements.lock
	uv pip compile pyproject.toml --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-strip-extras --custom-compile-command "make lock" --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock
	uv pip compile requirements-bench.in --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-strip-extras --custom-compile-command "make lock" --output-file requirements-bench.lock
	uv pip compile requirements-spark.in --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-strip-extras --custom-compile-command "make lock" --output-file requirements-spark.lock
	uv pip compile requirements-audit.in --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-strip-extras --custom-compile-command "make lock" --output-file requirements-audit.lock

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 to 3.13 was found; looked for: $(PYTHONS)." \
		"Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

# recordlinkage needs another pandas than rollcall does
.venv-bench/.done: requirements-bench.lock
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	touch $@

.venv-audit/.done: requirements-audit.lock
	test -x .venv-audit/bin/python || $(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-audit.lock
	touch $@

# Spark's own environment, for `linkage.engine: spark`; needs Java 17 beside it (Debian: openjdk-17-jre-headless)
spark: .venv-spark/.done

.venv-spark/.done: requirements-spark.lock
	test -x .venv-spark/bin/python || $(PYTHON) -m venv .venv-spark
	.venv-spark/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	touch $@

# what was installed and built
clean:
	rm -rf .venv .venv-audit .venv-bench .venv-spark dbt_project/target dbt_project/logs
