"""Photographs of packages, whole, cropped and in grey."""

import numpy as np

from core.data.outside import photographs


def test_every_photograph_is_read_whole_cropped_and_grey() -> None:
    motifs = photographs.motifs()
    assert len(motifs) >= 21
    for motif in motifs:
        whole, crop, grey = motif.images()
        assert whole.shape[0] > crop.shape[0] == grey.shape[0]
        np.testing.assert_array_equal(grey[..., 0], grey[..., 2])
        assert grey.std() > 1, motif.origin
