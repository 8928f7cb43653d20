"""Weights that are written only where the disk has the space."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest
from disks import largest_file

from core.recipe import Recipe
from core.training.network import build
from core.training.optimizer import compile_network
from core.training.weights_file import _largest_size, check_space, save_weights


def test_the_disk_is_asked_for_enough_space_before_anything_is_written(tmp_path: Path) -> None:
    recipe = Recipe(backbone="tiny", fine_tune="all", preprocessing={"image_size": 32})
    model, path = build(recipe, 3).model, tmp_path / "checkpoint.weights.h5"
    save_weights(model, tmp_path / "network.weights.h5")
    network = _largest_size(model)
    compile_network(model, recipe, 1)
    save_weights(model, path)
    size = path.stat().st_size
    assert size < _largest_size(model) < 1.2 * size
    assert network < size / 2
    path.unlink()
    check_space(tmp_path, model)
    with largest_file(size), pytest.raises(OSError, match="File too large"):
        check_space(tmp_path, model, model)
    assert [file.name for file in tmp_path.iterdir()] == ["network.weights.h5"]
    # HDF5 would print pages, and crash when the process ends.
    with largest_file(size // 2), pytest.raises(OSError, match="File too large") as refused:
        save_weights(model, path)
    assert refused.value.filename == str(path)
