PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FOLDERS := analysis hardware_profiles server

# Tests start many interpreters, which would compile the engine anew each.
unexport PYTHONDONTWRITEBYTECODE

TORCH ?= 2.1.2
TORCHVISION ?= 0.16.2
OTHER := .cache/torch-$(TORCH)

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow test-torch test-editors pictures docs goldens settings rules reference hardware accuracy calibrate outputs lint format bench vsix clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY)  ## Create .venv and install graphperf with what its tests need (about 6 GB, mostly torch)

demo: $(READY)  ## Analyse an example model
	$(BIN)/graphperf analyze examples/resnet18.py --hardware h100-sxm5-80gb --precision fp16 --mode compiled

test: $(READY)  ## Run the tests, without those marked slow or editors
	$(BIN)/python -m pytest -n 2 tests

test-slow: $(READY)  ## Run the tests marked slow (npm fetches the official SARIF validator, 43 MB)
	$(BIN)/python -m pytest -m slow tests

test-torch: $(READY)  ## Capture models under another PyTorch (TORCH=2.1.2 TORCHVISION=0.16.2; about 5 GB) and compare
	$(PYTHON) -m venv $(OTHER)
	$(OTHER)/bin/pip install --quiet torch==$(TORCH) torchvision==$(TORCHVISION) 'numpy<2'
	GRAPHPERF_TEST_PYTHON=$(OTHER)/bin/python $(BIN)/python -m pytest -m 'not editors' tests/analysis/capture/test_other_torch.py tests/e2e/test_interpreters.py

test-editors: $(READY) vsix  ## Drive the server and the extension in real editors (installs them into .cache/editors, about 1 GB)
	tests/editors/install.sh
	$(BIN)/python -m pytest -m editors tests

pictures: $(READY)  ## Take the pictures of the report and the editor in docs/pictures anew, after `make test-editors`
	$(BIN)/python -m tests.docs.pictures

docs: $(READY)  ## Build the documentation as a site in .cache/site; it is read without a server or a network
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

goldens: $(READY)  ## Write the golden estimates anew (tests/goldens/README.md says how to review them)
	$(BIN)/python -m tests.goldens.models

settings: $(READY)  ## Write docs/settings.md anew
	$(BIN)/python -m tests.server.page

rules: $(READY)  ## Write docs/rules anew
	$(BIN)/python -m tests.analysis.rules.pages

reference: $(READY)  ## Write docs/reference, docs/report-schema.md and the drawing in docs/architecture.md anew
	$(BIN)/python -m tests.docs.reference

hardware: $(READY)  ## Write docs/hardware.md and docs/devices anew
	$(BIN)/python -m tests.hardware_profiles.page

accuracy: $(READY)  ## Write docs/accuracy.md anew from tables of measurements (DATA=folder; AI=Python with timm and transformers)
	$(BIN)/graphperf validate --measured $(DATA) --sample 120 --python $(AI) --format markdown -o docs/accuracy.md

calibrate: $(READY)  ## Write docs/calibration.md anew: constants fitted to tables of measurements (DATA=folder; AI=Python as above)
	$(BIN)/python -m graphperf.analysis.study.calibrate $(DATA) --python $(AI) > docs/calibration.md.new
	mv docs/calibration.md.new docs/calibration.md

outputs: $(READY)  ## Write anew what README.md, examples and docs show that commands print (PAGES="docs/lint.md ...")
	$(BIN)/python -m tests.docs.write $(PAGES)
	$(if $(PAGES),,$(BIN)/python -m tests.examples.notebook)

bench: $(READY)  ## Time captures against other tools on the same models
	$(BIN)/python -m pip install --quiet '.[bench]'
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/sweep.py
	$(BIN)/python benchmarks/lint.py

vsix: $(READY)  ## Pack the VS Code extension with the server in it (Node.js 20 or newer)
	$(BIN)/python vscode-extension/bundle.py
	cd vscode-extension && npm ci --no-audit --no-fund && npm run package

lint: $(READY)  ## Check style, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright

format: $(READY)  ## Sort the imports and format the code
	$(BIN)/ruff check --select I --fix
	$(BIN)/ruff format

clean:  ## Remove .venv, caches and build outputs
	rm -rf $(VENV) .cache .hypothesis .pytest_cache .ruff_cache build dist *.egg-info
	find $(FOLDERS) examples tests -type d -name __pycache__ -prune -exec rm -rf {} +

# One pip command for everything, so that torch and torchvision are chosen to fit each other.
$(READY): pyproject.toml setup.py | $(BIN)/pip
	$(BIN)/python -m pip install --editable '.[dev]'
	mkdir -p $(VENV)/names/graphperf
	ln -sfn $(FOLDERS:%=../../../%) $(VENV)/names/graphperf
	ln -sfn ../../analysis/capture/agent $(VENV)/names/_graphperf_agent
	ln -sfn ../../analysis/measurement/probe $(VENV)/names/_graphperf_probe
	@touch $@

# An existing .venv keeps the interpreter it was made with.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("graphperf needs Python 3.10 or newer")'
	$(PYTHON) -m venv $(VENV)
