"""Frozen features of a data set: of every file, and computed once."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest
from reading import request_for

from core.data.image_facts import read_image
from core.experiments.frozen_features import pooled_features
from core.experiments.request import prepare
from core.images.preprocessing import fit
from core.recipe import Recipe
from core.training.fit import initial_network

RECIPE = Recipe(backbone="tiny", preprocessing={"image_size": 32})


@pytest.mark.slow
def test_a_killed_run_continues_with_the_batch_it_stopped_at(phantoms: Path, tmp_path: Path) -> None:
    request = request_for(phantoms, tmp_path, RECIPE)
    prepared = prepare(request, lambda *_: None)
    cache = tmp_path / "new folder" / "features.npy"

    def interrupt(what: str, *_: object) -> None:
        if what == "Computing frozen features":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pooled_features(prepared, cache, interrupt, lambda _: None)
    assert not cache.exists()
    done: list[int] = []

    def progress(what: str, count: int, total: int) -> None:
        if what == "Computing frozen features":
            assert total == len(prepared.index) > 33
            done.append(count)

    said: list[str] = []
    features = pooled_features(prepared, cache, progress, said.append)
    assert done[0] == min(64, len(prepared.index))  # the first 32 were there
    assert said == ["The tiny base starts from random weights."]
    # The same from the base itself, for the first and the last file.
    spec = prepared.spec("features", "clean", seed=0)
    network = initial_network(spec)
    files = prepared.index["file"].iloc[[0, -1]]
    images = np.stack([fit(read_image(phantoms / file), RECIPE.preprocessing) for file in files])
    expected = network.features.predict_on_batch(images).mean(axis=(1, 2))
    np.testing.assert_allclose(features[[0, -1]], expected, atol=1e-5)
    done.clear()
    np.testing.assert_array_equal(pooled_features(prepared, cache, progress, said.append), features)
    assert not done
    assert [path.name for path in cache.parent.iterdir()] == ["features.npy"]
