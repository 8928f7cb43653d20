"""Feature maps of a frozen base. tests/core/experiments interrupts the computation and checks means."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest
from disks import largest_file

from core.recipe import Recipe
from core.training.frozen_features import frozen_features
from core.training.network import build


def test_maps_are_those_of_the_base_and_come_from_the_file_afterwards(tmp_path: Path) -> None:
    network = build(Recipe(backbone="tiny", preprocessing={"image_size": 32}), 3)
    images = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3)).astype(np.uint8)
    steps: list[tuple[str, int, int]] = []

    def computed() -> np.ndarray:
        return frozen_features(
            network,
            images.__getitem__,
            len(images),
            tmp_path / "maps.npy",
            lambda *step: steps.append(step),
            step="Features",
        )

    maps = computed()
    assert steps == [("Features", 32, 40), ("Features", 40, 40)]
    np.testing.assert_allclose(maps, network.features.predict_on_batch(images), atol=1e-5)
    again = computed()
    assert len(steps) == 2
    np.testing.assert_array_equal(again, maps)
    assert not again.flags.writeable
    assert [path.name for path in tmp_path.iterdir()] == ["maps.npy"]


def test_a_full_disk_leaves_nothing_that_a_later_run_would_take_for_features(tmp_path: Path) -> None:
    network = build(Recipe(backbone="tiny", preprocessing={"image_size": 32}), 3)
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3)).astype(np.uint8)
    arguments = (network, images.__getitem__, len(images), tmp_path / "maps.npy", lambda *_: None)
    with largest_file(256), pytest.raises(OSError, match="File too large"):
        frozen_features(*arguments, step="Features")
    assert list(tmp_path.iterdir()) == []
    maps = frozen_features(*arguments, step="Features")
    np.testing.assert_allclose(maps, network.features.predict_on_batch(images), atol=1e-5)
