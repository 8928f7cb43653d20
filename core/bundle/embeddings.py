"""Embeddings of a bundle's training images, as its file keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class StoredEmbeddings(NamedTuple):
    """Embeddings in float16, whose range would not hold those of every network.

    Attributes:
        values: float16 [N, D], the largest 1 or -1.
        scale: factor to the embeddings of the network, above 0.
    """

    values: NDArray[np.float16]
    scale: float


def in_float16(embeddings: NDArray[np.floating]) -> StoredEmbeddings:
    """Scale embeddings, [N, D] with N at least 1, for float16.

    Raises:
        UserError: they cannot tell one image from another.
    """
    values = np.asarray(embeddings, np.float64)
    scale = float(np.abs(values).max(initial=0))
    if not scale or not np.isfinite(scale):
        raise _useless("zero" if not scale else "not finite")
    scaled = (values / scale).astype(np.float16)
    if is_constant(scaled):
        raise _useless("the same")
    return StoredEmbeddings(scaled, scale)


def is_constant(embeddings: NDArray[np.floating]) -> bool:
    """Whether embeddings, [N, D], cannot tell one image from another: all are zero, or all are alike."""
    return not embeddings.any() or (len(embeddings) > 1 and bool((embeddings == embeddings[0]).all()))


def _useless(what: str) -> UserError:
    return UserError(
        f"the embeddings of the training images are all {what}, so it could not be told which images are "
        "outside the training domain; train the base (--fine-tune all), or start from other --weights."
    )
