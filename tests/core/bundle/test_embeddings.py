"""Embeddings in float16: scaled, and refused where they cannot tell one image from another."""

import numpy as np
import pytest

from core.bundle.embeddings import in_float16, is_constant
from core.errors import UserError

RANDOM = np.random.default_rng(0).random((50, 8)).astype(np.float32)


@pytest.mark.parametrize("factor", [1e-30, 4e-11, 1, 1e6, 1e30])
def test_the_range_of_float16_does_not_matter(factor: float) -> None:
    values, scale = in_float16(RANDOM * np.float32(factor))
    assert (values.dtype, np.abs(values).max()) == (np.float16, 1)
    np.testing.assert_allclose(values.astype(np.float64) * scale, RANDOM * np.float64(factor), rtol=1e-3)


@pytest.mark.parametrize(
    ("embeddings", "what"),
    [
        (np.zeros((5, 3)), "all zero"),
        (np.full((5, 3), np.nan), "not finite"),
        (np.array([[1, np.inf], [0, 1]]), "not finite"),
        (np.full((5, 3), 0.1), "the same"),
        # What differs less than float16 can say is the same once it is stored.
        (1 + 1e-6 * RANDOM, "the same"),
    ],
)
def test_embeddings_that_are_all_alike_are_refused(embeddings: np.ndarray, what: str) -> None:
    with pytest.raises(UserError, match=f"{what}, .*--fine-tune all"):
        in_float16(embeddings)


def test_one_image_is_not_all_alike() -> None:
    assert not is_constant(np.array([[0, 1]]))
    assert is_constant(np.array([[0, 0]]))
