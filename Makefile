PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo install test test-slow check format bench bench-audit bench-predict bench-million screenshots models phantom-models lock

demo: $(VENV)/.app  ## open the app on the embedded models
	STREAMLIT_SERVER_ADDRESS=$${STREAMLIT_SERVER_ADDRESS:-127.0.0.1} $(BIN)/streamlit run streamlit_app.py

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

IMAGES ?= 1000 10000

bench-audit: $(VENV)/.dev  ## time and memory of the command audit on IMAGES="1000 10000" simulated images
	$(BIN)/python -m tests.benchmarks.audit_scale $(IMAGES)

bench-predict: $(VENV)/.dev  ## time and memory of the command predict on IMAGES="1000 10000" simulated images
	$(BIN)/python -m tests.benchmarks.many_images $(IMAGES)

bench-million: $(VENV)/.dev  ## time to find near-duplicates among 1,000,000 images, over that among 100,000
	$(BIN)/python -m tests.benchmarks.duplicates

screenshots: $(VENV)/.dev  ## refresh docs/screenshot-*.png from the running app
	$(BIN)/python tests/support/screenshots.py

# An interrupted run is resumed, and a finished one is not repeated.
RESUMED = $(if $(wildcard $(1).partial),--resume)
DATA ?= ../shared/data/busi ../shared/data/busbra
HOSPITALS := busi-busbra
DEMO := --backbone tiny --head average --fine-tune all --image-size 96 --epochs 40 --batch-size 16

# The teaching models last: what is wrong with DATA shows before they are trained and replaced.
models: models/$(HOSPITALS) phantom-models  ## train the embedded models again, that of real images from DATA="FOLDER FOLDER"
	@echo 'models/$(HOSPITALS) is that of runs/models. To train it anew, or on other DATA, remove runs/models, runs/hospitals and runs/machines.'

models/$(HOSPITALS): runs/models/$(HOSPITALS)
	# Optional files: the test images are not ours to publish, and the app needs no Keras weights.
	rm -f $</test_images.parquet $</model.weights.h5
	# Last and by one rename, so that the old model stays if a training fails or the disk is full.
	rm -rf $@.new
	cp -r $< $@.new
	rm -rf $@
	mv $@.new $@

# Hospitals first: with one alone it ends within a minute.
runs/models/$(HOSPITALS): runs/hospitals runs/machines
	$(BIN)/python train_cli.py train $(DATA) --output $@ --recipe recommended --limits runs/machines --limits runs/hospitals $(call RESUMED,$@)

runs/machines: | $(VENV)/.dev
	$(BIN)/python train_cli.py cross-validate $(DATA) --output $@ --recipe recommended --hold-out device $(call RESUMED,$@)

runs/hospitals: | $(VENV)/.dev
	$(BIN)/python train_cli.py cross-validate $(DATA) --output $@ --recipe recommended --hold-out source $(call RESUMED,$@)

phantom-models: $(VENV)/.dev  ## train the embedded phantom models again
	rm -rf runs/phantoms
	$(BIN)/python train_cli.py train phantom --output runs/phantoms/phantom $(DEMO)
	$(BIN)/python train_cli.py train phantom --output runs/phantoms/phantom-without-augmentation $(DEMO) --augmentation none
	# Last, so that the old models stay if a training fails.
	rm -rf models/phantom models/phantom-without-augmentation
	mv runs/phantoms/* models/

# What a group adds to the app: the group, its file, and what that is for.
EXPORT = $(BIN)/uv export -q --frozen --no-hashes --no-header --no-annotate --no-emit-project
define export_group
	printf '%s\n' '# $(3)' '-r requirements-app.txt' > $(2).new
	$(EXPORT) --group $(1) | grep -vxFf requirements-app.txt >> $(2).new
	mv $(2).new $(2)
endef

lock: $(VENV)/.dev  ## resolve pyproject.toml again into uv.lock, and write the requirements files from it
	$(BIN)/uv lock
	$(EXPORT) -o requirements-app.txt
	$(call export_group,cluster,requirements-cluster.txt,Each machine of a Ray cluster: training and Ray.)
	$(call export_group,train,requirements.txt,Training and the app. TensorFlow is the CPU build on Linux x86-64; docs/TRAINING.md says how to use a GPU.)

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

$(VENV)/.dev: $(VENV)/.train requirements-cluster.txt pyproject.toml
	$(BIN)/python -m pip install -q -r requirements-cluster.txt
	$(BIN)/python -m pip install -q --group dev
	touch $@
