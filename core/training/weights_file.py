"""Weights of a network in a Keras file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from core.files import allocate

if TYPE_CHECKING:
    from pathlib import Path

    import keras

_HEADER = 4096  # bytes that HDF5 needs to describe a variable; measured: at most 2,000


def save_weights(model: keras.Model, path: Path) -> None:
    """Save the weights of a network, and the state of its optimiser if it has one.

    The disk is asked for the space first: HDF5 crashes where a disk becomes full while it writes.

    Args:
        model: network.
        path: new file, ``.weights.h5``.

    Raises:
        OSError: the disk has no space for the file.
    """
    allocate(path, _largest_size(model))
    path.unlink()  # HDF5 gives up the space of a file that it replaces
    model.save_weights(path)


def check_space(folder: Path, *models: keras.Model) -> None:
    """Ask the disk for the space that the weights of networks take together, and give it back.

    Args:
        folder: folder in which they will be saved.
        models: the networks.

    Raises:
        OSError: the disk has no space for them.
    """
    path = folder / "space-for.weights.h5"
    try:
        allocate(path, sum(map(_largest_size, models)))
    finally:
        path.unlink(missing_ok=True)


def _largest_size(model: keras.Model) -> int:
    optimizer = getattr(model, "optimizer", None)  # only a compiled network has one
    variables = [*model.variables, *(optimizer.variables if optimizer else ())]
    return _HEADER + sum(
        _HEADER + math.prod(variable.shape) * np.dtype(variable.dtype).itemsize for variable in variables
    )
