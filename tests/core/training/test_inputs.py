"""Arrays of a training: images, or features of a frozen base where images never change."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pandas as pd
import pytest
from specs import tiny_spec
from visit import png

from core.data.data_set import ImageFolders
from core.images.preprocessing import Preprocessing
from core.training import fit
from core.training.inputs import prepare
from core.training.workspace import Workspace

FILES = {"train": 4, "validation": 2}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> tuple:
    """A folder with six images, and its split table."""
    folder, random = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    rows = []
    for part, count in FILES.items():
        for number in range(count):
            file = f"{part} {number}.png"
            (folder / file).write_bytes(png(random.integers(0, 256, (32, 32, 3), dtype=np.uint8)))
            rows.append({"file": file, "class": "ab"[number % 2], "kind": "image", "group": len(rows)})
            rows[-1] |= {"set": part, "sha256": str(len(rows)), "fingerprint": "", "image": ""}
    return folder, pd.DataFrame(rows)


def prepared(data: tuple, folder, seed=0, **fields):
    spec = tiny_spec({"preprocessing": {"image_size": 32}, **fields}, seed=seed)
    workspace, network = Workspace(folder), fit.initial_network(spec)
    workspace.begin(spec, data[1])
    return network, prepare(workspace, spec, data[1], network, ImageFolders.of(data[0]), lambda *_: None)


def test_a_frozen_base_without_augmentation_is_computed_once(data, tmp_path) -> None:
    network, inputs = prepared(data, tmp_path / "run", augmentation="none")
    assert inputs.train_model is inputs.eval_model is network.head
    assert inputs.train.inputs.shape == (4, *network.features.output_shape[1:])
    hashes = [str(number) for number in range(1, 5)]
    images = np.load(Workspace(tmp_path / "run").images(hashes, Preprocessing(image_size=32)))
    np.testing.assert_allclose(network.features.predict(images, verbose=0), inputs.train.inputs, atol=1e-5)
    assert len(list((tmp_path / "run").glob("features-*.cache.npy"))) == 2


def test_features_are_cached_by_images_and_weights(data, tmp_path) -> None:
    """What another training has left in the folder is not read."""
    prepared(data, tmp_path / "run", augmentation="none")
    folder, split = data
    other = split.assign(sha256=[f"other {number}" for number in range(len(split))])
    for folder_and_split, seed, files in ((data, 0, 2), (data, 1, 4), ((folder, other), 0, 6)):
        prepared(folder_and_split, tmp_path / "run", seed=seed, augmentation="none")
        assert len(list((tmp_path / "run").glob("features-*.cache.npy"))) == files


def test_augmented_images_stay_images_and_validation_ones_do_not(data, tmp_path) -> None:
    network, inputs = prepared(data, tmp_path / "run", augmentation="strong")
    assert (inputs.train_model, inputs.eval_model) == (network.model, network.head)
    assert inputs.train.inputs.dtype == np.uint8
    assert inputs.validation.inputs.shape == (2, *network.features.output_shape[1:])


def test_a_base_that_trains_gets_images(data, tmp_path) -> None:
    network, inputs = prepared(data, tmp_path / "run", augmentation="none", fine_tune="all")
    assert inputs.train_model is inputs.eval_model is network.model
    assert inputs.train.inputs.shape == (4, 32, 32, 3)
    assert inputs.validation_rows["file"].tolist() == ["validation 0.png", "validation 1.png"]
    np.testing.assert_array_equal(inputs.train.targets, np.eye(2)[[0, 1, 0, 1]])
    assert inputs.train.lesions is None
