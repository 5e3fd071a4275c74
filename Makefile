# aiochat: `make help` lists what can be done.

PYTHON ?= python3
ARGS ?=

# A stamp's name holds its requirements' checksum: pip runs when a line changed, and not otherwise.
checksum = $(shell cat $(1) 2>/dev/null | cksum | cut -d ' ' -f 1)
RUNTIME := .venv/runtime-$(call checksum,requirements.txt)
JS_TESTS = $(shell find tests/js -name '*.test.mjs')
DEV := .venv/dev-$(call checksum,requirements.txt requirements-dev.txt)

# What the scripts are checked with; nothing of it where Node isn't.
ifneq ($(shell command -v node),)
NODE := node_modules/.made-$(call checksum,package.json)
NODE_CACHE := node_modules/.cache
endif

# Hundreds of processes of the tests would compile the program anew.
unexport PYTHONDONTWRITEBYTECODE

define test-scripts
@if command -v node >/dev/null; then set -x; node --test $(or $(JS_TESTS),$(error there are no tests in tests/js)); \
else echo "tests/js is left out: there is no node"; fi
endef

.DEFAULT_GOAL := help
.PHONY: help run demo test quick quick-tests quick-chosen script-tests lint types texts reference picture bench image image-test box-test lock audit release clean node

help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "  make %-10s %s\n", $$1, $$2 }'

run: $(RUNTIME)  ## start the chat on this machine, without any other service
	@exec .venv/bin/python app.py serve --migrate

demo: $(RUNTIME)  ## the same, with a site that looks like an office in use; its data is in var/demo
	@AIOCHAT_DATA_DIR=var/demo .venv/bin/python -m operations.demo
	@AIOCHAT_DATA_DIR=var/demo exec .venv/bin/python app.py serve

test:  ## run all tests; installs PostgreSQL, Redis, nginx and Chromium where they are missing. ARGS="-k name" goes to pytest
	@deploy/provision --tests
	@$(MAKE) -s --no-print-directory $(DEV)
	.venv/bin/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)
	$(test-scripts)

quick: $(DEV) $(NODE)  ## lint, types, and the tests that need neither servers nor a browser
	@$(MAKE) -s --no-print-directory --jobs 6 --output-sync=target quick-tests script-tests lint types

# Each process collects its part alone, where each of pytest-xdist's would collect the whole. They wait for a
# third of their time: there are more of them than processors. What ARGS choose is in no part. A `make` of
# theirs is none of this one's.
QUICK_PYTEST = MAKEFLAGS= .venv/bin/python -m pytest -m "not server and not browser"
QUICK_1 = tests/security tests/accounts
QUICK_2 = tests/operations
QUICK_3 = tests/chat
QUICK_4 = tests/helpers
QUICK_5 = tests $(addprefix --ignore=,$(QUICK_1) $(QUICK_2) $(QUICK_3) $(QUICK_4))
quick-tests: $(if $(ARGS),quick-chosen,$(addprefix quick-tests-,1 2 3 4 5))

quick-chosen: $(DEV)
	$(QUICK_PYTEST) --numprocesses 3 $(ARGS)

quick-tests-%: $(DEV)
	$(QUICK_PYTEST) -o cache_dir=.pytest_cache/quick-$* $(QUICK_$*)

script-tests:
	$(test-scripts)

lint: $(DEV) $(NODE)  ## check style, formatting, and who imports whom
	.venv/bin/python -m ruff check
	.venv/bin/python -m ruff format --check
	.venv/bin/python .venv/bin/lint-imports --no-logo --no-cache
ifdef NODE
	node_modules/.bin/eslint --cache --cache-strategy content --cache-location $(NODE_CACHE)/eslint static/js tests/js
else
	@echo "static/js and tests/js are left out: there is no node"
endif

types: $(DEV) $(NODE)  ## check types
	.venv/bin/python -m mypy
ifdef NODE
	node_modules/.bin/tsc --project jsconfig.json --incremental --tsBuildInfoFile $(NODE_CACHE)/types.json
else
	@echo "static/js and tests/js are left out: there is no node"
endif

texts: $(DEV)  ## bring the catalogues of locales/ up to date with the code, and tell what isn't translated
	.venv/bin/python -m locales.update

reference: $(DEV)  ## bring the tables of docs/reference up to date with the code, and tell what isn't explained
	.venv/bin/python -m reference

picture: $(DEV)  ## draw docs/page.svg anew, from what Chromium shows of the demo's office
	@deploy/provision --tests
	.venv/bin/python -m reference.picture

bench: $(DEV)  ## measure beside the peers, in a few minutes; SCENARIO=sat100 PEER=socketio for some, ARGS goes to the benchmark
	.venv/bin/python -m bench $(addprefix --scenario=,$(SCENARIO)) $(addprefix --peer=,$(PEER)) $(ARGS)

image:  ## build the container image, by buildah, podman or docker; IMAGE=name for another name than localhost/aiochat
	@deploy/image $(IMAGE)

image-test: $(DEV)  ## build the image by buildah, start it and try it, in a few minutes; BASE=image for another base
	IMAGE=1 .venv/bin/python -m pytest tests/image $(ARGS)

box-test: $(DEV)  ## install, update and remove aiochat in a Debian of debootstrap, in some minutes; BASE=folder for another root
	BOX=1 .venv/bin/python -m pytest tests/box $(ARGS)

lock:  ## look up all versions that requirements.txt leads to, with their hashes: requirements.lock
	@$(PYTHON) -m venv .venv/lock && .venv/lock/bin/python -m pip install -qq uv
	.venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		requirements.txt --output-file requirements.lock

audit:  ## ask PyPI whether faults are known in what requirements.lock names
	@$(PYTHON) -m venv .venv/audit && .venv/audit/bin/python -m pip install -qq pip-audit
	@deploy/audit .venv/audit/bin/pip-audit

release: $(DEV)  ## check, build, and tag a release: make release VERSION=1.2.3 ARGS=--tested
	@.venv/bin/python deploy/release.py $(VERSION) $(ARGS)

clean:  ## remove .venv and caches; data in var stays
	rm -rf .venv node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): .venv/made
	@echo "Installing requirements.txt into .venv"
	@.venv/bin/python -m pip install -qq -r requirements.txt
	@rm -f .venv/runtime-*
	@touch $@

$(DEV): $(RUNTIME)
	@echo "Installing requirements-dev.txt into .venv"
	@.venv/bin/python -m pip install -qq -r requirements-dev.txt
	@rm -f .venv/dev-*
	@touch $@

node: $(NODE)

node_modules/.made-%:
	@echo "Installing package.json's tools into node_modules"
	@npm install --no-package-lock --no-audit --no-fund --ignore-scripts --prefer-offline --loglevel=error
	@rm -f node_modules/.made-*
	@touch $@

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "aiochat needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo missing). Name another: make run PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	echo "This Python can't make virtual environments: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
	@touch $@
