PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo install test test-slow check format bench bench-million screenshots models busi-compact lock

demo: $(VENV)/.app  ## open the app on the embedded models
	$(BIN)/streamlit run streamlit_app.py

install: $(VENV)/.train  ## install what training needs into .venv

test: $(VENV)/.dev  ## the fast tests, in about ten minutes on two cores
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadgroup

test-slow: $(VENV)/.dev  ## every test
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(VENV)/.dev  ## ruff, mypy, the import contract, and hadolint where it runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	test ! -x $(BIN)/hadolint || $(BIN)/hadolint Dockerfile

format: $(VENV)/.dev  ## format the code and fix what ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev  ## performance; with AGAINST=COMMIT, this checkout compared with a commit, in 15 minutes
	$(BIN)/python -m tests.benchmarks$(if $(AGAINST),.against $(AGAINST))

bench-million: $(VENV)/.dev  ## time to find near-duplicates among 1,000,000 images, over that among 100,000
	$(BIN)/python -m tests.benchmarks.duplicates

screenshots: $(VENV)/.dev  ## refresh docs/screenshot-*.png from the running app
	$(BIN)/python tests/support/screenshots.py

DEMO := --backbone tiny --head average --fine-tune all --image-size 96 --epochs 40 --batch-size 16
models: $(VENV)/.dev  ## train the embedded phantom models again
	rm -rf runs/models
	$(BIN)/python train_cli.py train phantom --output runs/models/phantom $(DEMO)
	$(BIN)/python train_cli.py train phantom --output runs/models/phantom-without-augmentation $(DEMO) --augmentation none
	# Last, so that the old models stay if a training fails.
	rm -rf models/phantom models/phantom-without-augmentation
	mv runs/models/* models/

BUSI ?= ../shared/data/busi
# An interrupted training is resumed.
RESUMED = $(if $(wildcard $(1).partial),--resume)
busi-compact: $(VENV)/.dev  ## train the embedded model of real images again, from BUSI=FOLDER
	rm -rf runs/busi-compact
	$(BIN)/python train_cli.py train $(BUSI) --output runs/busi-compact --recipe compact \
		$(call RESUMED,runs/busi-compact)
	# Optional files: the test images are not ours to publish, and the app needs no Keras weights.
	rm runs/busi-compact/test_images.parquet runs/busi-compact/model.weights.h5
	# Last, so that the old model stays if the training fails.
	rm -rf models/busi-compact
	mv runs/busi-compact models/busi-compact

lock: $(VENV)/.dev  ## pin the requirements again from pyproject.toml
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate --group app -o requirements-app.txt
	printf '%s\n' '# Training and the app. TensorFlow is the CPU build on Linux x86-64; docs/TRAINING.md says how to use a GPU.' '-r requirements-app.txt' > requirements.txt.new
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate -c requirements-app.txt --group train | grep -vxFf requirements-app.txt >> requirements.txt.new
	mv requirements.txt.new requirements.txt

# One environment, in three steps: for the app, for training, for the tests.
$(VENV)/.app: requirements-app.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -r requirements-app.txt
	touch $@

$(VENV)/.train: $(VENV)/.app requirements.txt
	$(BIN)/python -m pip install -q -r requirements.txt
	touch $@

$(VENV)/.dev: $(VENV)/.train pyproject.toml
	$(BIN)/python -m pip install -q --group dev
	touch $@
