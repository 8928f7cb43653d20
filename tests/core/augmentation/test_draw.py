import numpy as np
import pytest
from scipy import stats

from core.augmentation.draw import sample_draw
from core.augmentation.ranges import AUGMENTATIONS, Augmentation

# Keras 3.15 calls SciPy by an old name.
pytestmark = pytest.mark.filterwarnings("ignore:Please import:DeprecationWarning")

SIZE = (150, 150)


def test_every_parameter_is_drawn_as_keras_draws_it():
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    wide = Augmentation(
        rotation_range=20,
        width_shift_range=0.1,
        height_shift_range=0.2,
        shear_range=0.2,
        zoom_range=(0.8, 1.3),
        horizontal_flip=True,
    )
    size, count = (80, 200), 2000
    rng = np.random.default_rng(0)
    ours = [sample_draw(wide, rng, size)._asdict() for _ in range(count)]
    generator = ImageDataGenerator(
        rotation_range=20,
        width_shift_range=0.1,
        height_shift_range=0.2,
        shear_range=0.2,
        zoom_range=(0.8, 1.3),
        horizontal_flip=True,
    )
    np.random.seed(0)  # noqa: NPY002 (the generator's own source of randomness)
    theirs = [generator.get_random_transform((*size, 3)) for _ in range(count)]
    for name in ("theta", "tx", "ty", "shear", "zx", "zy"):
        left, right = ([one[name] for one in many] for many in (ours, theirs))
        assert stats.ks_2samp(left, right).pvalue > 0.01, name
    assert np.mean([one["flip_horizontal"] for one in ours]) == pytest.approx(0.5, abs=0.04)


def test_parameters_are_uniform_and_independent():
    strong, rng, count = AUGMENTATIONS["strong"], np.random.default_rng(0), 4000
    table = np.array([sample_draw(strong, rng, (100, 100)) for _ in range(count)], float)
    ends = [(-20, 20), (-10, 10), (-10, 10), (-10, 10), (0.8, 1.2), (0.8, 1.2), None]
    ends += [strong.brightness_range, strong.contrast_range, strong.gamma_range]
    for column, end in zip(table.T, ends, strict=True):
        if end is not None:
            assert stats.kstest(column, "uniform", (end[0], end[1] - end[0])).pvalue > 0.01
    others = np.corrcoef(table.T)[~np.eye(table.shape[1], dtype=bool)]
    assert np.abs(others).max() < 0.06


def test_a_seed_draws_what_earlier_versions_drew():
    rng, source = np.random.default_rng(3), np.random.default_rng(3)
    for _ in range(2):
        theta, tx = source.random(10)[:2] * 2 - 1
        one = sample_draw(AUGMENTATIONS["strong"], rng, SIZE)
        assert (one.theta / 20, one.tx / 15) == pytest.approx((theta, tx))


def test_no_flip_where_it_is_off():
    rng = np.random.default_rng(0)
    assert not any(sample_draw(AUGMENTATIONS["paper"], rng, SIZE).flip_horizontal for _ in range(50))
