import numpy as np
import pytest
from scipy import stats

from core.augmentation.draw import Draw
from core.augmentation.intensity import depth_gain, speckle, tone_curve
from core.augmentation.transform import apply

NOISE = np.random.default_rng(0).integers(0, 256, (150, 150, 3), dtype=np.uint8)


def test_tone_curve():
    assert np.array_equal(tone_curve(Draw()), np.arange(256))
    assert tone_curve(Draw(brightness=1.2))[[0, 100, 250]].tolist() == [0, 120, 255]
    assert tone_curve(Draw(contrast=0.5))[[0, 255]].tolist() == [64, 191]
    assert tone_curve(Draw(gamma=2))[[0, 128, 255]].tolist() == [0, 64, 255]
    both = tone_curve(Draw(brightness=1.5, contrast=1.4, gamma=0.8))
    assert (np.diff(both.astype(int)) >= 0).all()
    brighter = Draw(brightness=0.7)
    assert np.array_equal(apply(NOISE, brighter), tone_curve(brighter)[NOISE])


def test_depth_gain_is_linear_in_decibels_from_the_top_to_the_bottom():
    gain = depth_gain(Draw(depth_gain=1.5), 101)
    assert gain[[0, 50, 100]] == pytest.approx([1 / 1.5, 1, 1.5])
    assert np.diff(20 * np.log10(gain)) == pytest.approx(0.02 * 20 * np.log10(1.5), rel=1e-3)
    grey = apply(np.full((101, 20, 3), 120, np.uint8), Draw(depth_gain=1.5))
    assert grey[[0, 50, 100], 0].tolist() == [[80] * 3, [120] * 3, [180] * 3]


def test_speckle_is_as_strong_as_asked_and_grows_with_the_root_of_the_grey_value():
    noise = speckle(Draw(speckle=0.1, grain=7), 200, 200)
    assert noise.std() == pytest.approx(0.1, rel=0.03)
    assert -0.3 < stats.kurtosis(noise.ravel()) < 0
    for distance, along_x, along_y in ((1, 0.86, 0.66), (2, 0.60, 0.22)):  # as measured in BUSI
        right = np.corrcoef(noise[:, distance:].ravel(), noise[:, :-distance].ravel())[0, 1]
        below = np.corrcoef(noise[distance:].ravel(), noise[:-distance].ravel())[0, 1]
        assert (right, below) == pytest.approx((along_x, along_y), abs=0.06)
    deviations = []
    for grey in (0, 64, 128):
        flat = np.full((200, 200, 3), grey, np.uint8)
        changed = apply(flat, Draw(speckle=0.1, grain=7))
        assert (changed == changed[..., :1]).all()  # ultrasound is grey, and stays so
        assert changed.mean() == pytest.approx(grey, abs=0.5)
        assert np.array_equal(changed, apply(flat, Draw(speckle=0.1, grain=7)))
        deviations.append(changed.std())
    assert deviations == pytest.approx(25.5 * np.sqrt(np.array([0, 64, 128]) / 255), rel=0.03)
    assert not np.array_equal(changed, apply(flat, Draw(speckle=0.1, grain=8)))
