"""Feature maps of a frozen base, computed once and kept on the disk."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from core.files import staged_path
from core.training.image_cache import new_array

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from core.progress import Progress
    from core.training.network import Network

_BATCH = 32


def digest_of_base(network: Network) -> str:
    """Return the SHA-256 of the weights of a network's base, hex."""
    digest = hashlib.sha256()
    for array in network.base.get_weights():
        digest.update(array.tobytes())
    return digest.hexdigest()


def frozen_features(
    network: Network,
    images: Callable[[slice], NDArray[np.generic]],
    count: int,
    cache: Path,
    progress: Progress,
    *,
    step: str,
    pooled: bool = False,
) -> NDArray[np.float32]:
    """Compute the features of N images batch by batch; a killed run continues where it stopped.

    Args:
        network: network whose base is used as it is.
        images: function that returns the preprocessed images of a slice, uint8 [b, S, S, 3].
        count: number of images N.
        cache: NumPy file that keeps the result; unfinished work is in the file with ``new-`` before its name.
        progress: function that reports each batch.
        step: name of this step for ``progress``.
        pooled: whether to keep only the spatial mean of each feature map.

    Returns:
        float32 [N, h, w, K], or [N, K] where pooled, mapped from the file.

    Raises:
        OSError: the disk has no space for the features.
    """
    if cache.is_file():
        return np.load(cache, mmap_mode="r")
    height, width, channels = network.features.output_shape[1:]
    shape = (count, channels) if pooled else (count, height, width, channels)
    unfinished = cache.with_name(f"new-{cache.name}")
    if not unfinished.is_file():
        cache.parent.mkdir(parents=True, exist_ok=True)
        # Staged, so that what lies there has a number or NaN in every row, and never zeros.
        with staged_path(unfinished) as temporary:
            empty = new_array(temporary, shape, np.float32)
            empty[:] = np.nan
            empty.flush()
            del empty  # Windows renames no file that is mapped
    features = np.load(unfinished, mmap_mode="r+")
    # Rows are written in order, so a row is complete when its last number is there.
    missing = np.flatnonzero(np.isnan(features.reshape(count, -1)[:, -1]))
    for start in range(int(missing[0]) if len(missing) else count, count, _BATCH):
        stop = min(start + _BATCH, count)
        maps = network.features.predict_on_batch(images(slice(start, stop)))
        features[start:stop] = maps.mean(axis=(1, 2)) if pooled else maps
        progress(step, stop, count)
    features.flush()
    unfinished.replace(cache)
    return features
