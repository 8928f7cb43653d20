import numpy as np

from core.augmentation.draw import Draw
from core.augmentation.intensity import tone_curve
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
