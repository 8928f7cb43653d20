"""Documents and screens are drawn alike for one seed, each with another content."""

import numpy as np

from core.data.outside import documents


def test_documents_are_the_same_for_one_seed() -> None:
    motifs = documents.motifs(0)
    assert len({motif.origin for motif in motifs}) == len(motifs) == 60
    for motif, same in zip(motifs[::12], documents.motifs(0)[::12], strict=True):
        np.testing.assert_array_equal(next(motif.images()), next(same.images()))


def test_two_documents_of_one_sort_differ() -> None:
    for first, second in zip(documents.motifs(0)[::12], documents.motifs(0)[1::12], strict=True):
        assert not np.array_equal(next(first.images()), next(second.images()))
