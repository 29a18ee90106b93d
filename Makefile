# Everything a developer types; `make` alone lists it. Needs Python 3.11 or later, nothing else.

ROUNDS ?= 20
MINUTES ?= 10
ARGS ?=

PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$python; break; }; done)

RUN := .venv/bin/python -m
JS := tests/acceptance/js

.DEFAULT_GOAL := help
.PHONY: help demo setup test check format bench faults soak docs clients lock clean runtime javascript

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: runtime ## play: one node with the example game and a few bots on port 7350
	@$(RUN) supergame demo $(ARGS)

setup: .venv/bin/supergame ## set up .venv with everything that development needs
	$(call install,requirements-dev.lock)
	@cp requirements.lock .venv/requirements.lock

test: setup javascript ## run all tests and hold branch coverage to its limit
	@rm -f .coverage .coverage.*
	@$(RUN) coverage run -m pytest -n auto --dist worksteal $(ARGS)
	@$(RUN) coverage combine --quiet
	@$(RUN) coverage json --quiet -o .coverage_totals.json
	@.venv/bin/python .ci/coverage_limit.py .coverage_totals.json

check: setup ## lint, formatting, strict types, import contracts, docs
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@.venv/bin/lint-imports --no-cache
	@$(MAKE) --no-print-directory docs

format: setup ## lint what can be mended and format everything
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

bench: setup ## measure, each figure beside its bare limit
	@$(RUN) benchmarks $(ARGS)

faults: setup ## kill -9 under load, ROUNDS=20 times, and look for what was acknowledged
	@$(RUN) tests.acceptance.faults --rounds $(ROUNDS) $(ARGS)

soak: setup ## play for MINUTES=10 and watch memory, latency and errors
	@$(RUN) pytest tests/acceptance/test_soak.py -s --minutes=$(MINUTES) $(ARGS)

docs: setup ## build the documentation into docs/_build; a warning is an error
	@$(RUN) sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

clients: setup ## write the JavaScript client anew, after the operations beyond the protocol have changed
	@$(RUN) clients.generate

lock: setup ## pin the dependencies of pyproject.toml anew, without index addresses
	@$(call compile,requirements.lock,)
	@$(call compile,requirements-dev.lock,--extra dev --constraint requirements.lock)

clean: ## remove what was built and measured, but neither .venv nor data
	@rm -rf docs/_build dist .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

runtime: .venv/bin/supergame
	$(call install,requirements.lock)

javascript:
	@if [ -f $(JS)/package-lock.json ] && command -v npm >/dev/null; then \
		cmp -s $(JS)/package-lock.json $(JS)/node_modules/.installed || { \
		(cd $(JS) && npm ci --ignore-scripts --no-audit --no-fund) && cp $(JS)/package-lock.json $(JS)/node_modules/.installed; }; \
	fi

# A virtual environment that finds the source where it stands: no build step, so no build tool to download.
.venv/bin/supergame:
	@if [ -z "$(PYTHON)" ]; then \
		echo "supergame needs Python 3.11 or later with its venv module (on Debian: apt install python3-venv)." >&2; \
		echo "If it is installed under another name: make PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi
	@echo "Setting up .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv
	@echo "$(CURDIR)/src" > "$$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/supergame.pth"
	@printf '#!/bin/sh\nexec "$$(dirname "$$0")/python" -m supergame "$$@"\n' > $@ && chmod +x $@

# Install a lock unless this very lock is installed already.
define install
@cmp -s $(1) .venv/$(1) || { \
	echo "Installing $(1) (once, and after it changes)" && \
	$(RUN) pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $(1) && \
	cp $(1) .venv/$(1); }
endef

compile = $(RUN) uv pip compile pyproject.toml $(2) --quiet --upgrade --universal --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file $(1)
