import numpy as np
import pytest

from core.data.phantom.acoustics import envelope
from core.data.phantom.lesions import (
    TYPICAL,
    Descriptors,
    Lesion,
    draw_contour,
    draw_descriptors,
    fill,
    insert,
)
from core.data.phantom.tissue import LINES, Frame, Tissue


def behind_beside(posterior, seed):
    """Mean echo behind a lesion and beside it at the same depth, through the code that takes the images."""
    rng = np.random.default_rng(seed)
    frame = Frame(320, 10.0, LINES / 40)
    tissue = Tissue(np.zeros((320, LINES), np.float32), np.full((320, LINES), 0.05, np.float32), (5, 25))
    kind = Descriptors("oval", "parallel", "circumscribed", "hypoechoic", posterior)
    contour = draw_contour(rng, kind, centre=(20, 12), size=12)
    lesion = Lesion(kind, contour, 1.0)
    loss = np.cumsum(insert(rng, frame, tissue, lesion).attenuation, axis=0)
    signal = envelope(10 ** (-loss / 20), rng)
    area = fill(contour, (320, LINES), (frame.lines_per_mm, frame.rows_per_mm))
    below = slice(np.nonzero(area.any(axis=1))[0].max() + 5, 320)
    return 20 * np.log10([signal[below, 80:112].mean(), signal[below, 10:35].mean()])


@pytest.mark.parametrize(
    ("posterior", "low", "high"), [("shadowing", -40, -6), ("enhancement", 3, 15), ("none", -2, 2)]
)
def test_posterior_features_are_signed_as_labelled(posterior, low, high):
    difference = np.mean([np.subtract(*behind_beside(posterior, seed)) for seed in range(6)])
    assert low < difference < high


def taller_than_wide(label):
    rng = np.random.default_rng(0)
    tall = 0
    for _ in range(200):
        kind = draw_descriptors(rng, 1 if label == "malignant" else -1)
        extent = np.ptp(draw_contour(rng, kind, centre=(20, 20), size=12), axis=0)
        tall += extent[1] > extent[0]
    return tall / 200


def test_malignant_lesions_are_taller_than_wide_more_often():
    benign, malignant = taller_than_wide("benign"), taller_than_wide("malignant")
    assert 0 < benign < 0.2
    assert malignant > 0.5


@pytest.mark.parametrize("descriptor", TYPICAL)
def test_shares_of_each_descriptor_sum_to_one(descriptor):
    assert np.sum(list(TYPICAL[descriptor].values()), axis=0) == pytest.approx([1, 1])
