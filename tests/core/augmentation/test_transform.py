"""Augmentation against Keras's real ImageDataGenerator."""

import cv2
import numpy as np
import pytest
from scipy import stats

from core.augmentation.draw import Draw
from core.augmentation.intensity import depth_gain, speckle, tone_curve
from core.augmentation.ranges import AUGMENTATIONS, Augmentation
from core.augmentation.transform import apply, augment, draw, matrix

# Keras 3.15 calls SciPy by an old name.
pytestmark = pytest.mark.filterwarnings("ignore:Please import:DeprecationWarning")

SIZE = (150, 150)
SETS = 50
ROW, COLUMN = np.mgrid[: SIZE[0], : SIZE[1]]
NOISE = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
RAMP = np.dstack([COLUMN, ROW, (ROW + COLUMN) / 2]) * 255 / (SIZE[0] - 1)
RAMP = np.rint(RAMP).astype(np.uint8)
IMAGES = {"noise": NOISE, "ramp": RAMP}
KERAS_NAMES = ("theta", "tx", "ty", "shear", "zx", "zy", "flip_horizontal")


@pytest.fixture(scope="module")
def generator_class():
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    return ImageDataGenerator


@pytest.fixture(scope="module", params=[0.2, 20], ids=lambda shear: f"shear{shear}")
def keras_sets(request, generator_class):
    """The paper's ranges plus shifts and flips: the generator and the parameters it drew itself."""
    generator = generator_class(
        rotation_range=20,
        zoom_range=0.2,
        shear_range=request.param,
        width_shift_range=0.1,
        height_shift_range=0.1,
        horizontal_flip=True,
    )
    return generator, [generator.get_random_transform((*SIZE, 3), seed=seed) for seed in range(SETS)]


def as_draw(parameters):
    return Draw(**{name: parameters[name] for name in KERAS_NAMES})


def difference(generator, parameters, image, ours):
    theirs = generator.apply_transform(image.astype(np.float32), parameters)
    return np.abs(apply(image, ours) - theirs).max()


@pytest.mark.parametrize("name", IMAGES)
def test_pixels_are_those_of_keras(keras_sets, name):
    generator, sets = keras_sets
    worst = max(difference(generator, one, IMAGES[name], as_draw(one)) for one in sets)
    assert worst <= 1


@pytest.mark.parametrize(
    "left_out", [("theta",), ("tx",), ("ty",), ("shear",), ("zx",), ("zy",), ("flip_horizontal",)]
)
def test_leaving_out_one_transform_shows(keras_sets, left_out):
    generator, sets = keras_sets
    identity = {name: Draw._field_defaults[name] for name in left_out}
    # The flip is drawn in half of the sets; every other transform must show in every set.
    differences = [
        difference(generator, one, NOISE, as_draw(one)._replace(**identity))
        for one in sets
        if left_out != ("flip_horizontal",) or one["flip_horizontal"]
    ]
    assert len(differences) >= SETS // 4
    assert min(differences) > 1


@pytest.mark.parametrize("size", [(60, 100), (101, 64)])
def test_other_shapes_are_those_of_keras_too(generator_class, size):
    image = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    ours = Draw(theta=17, tx=5, ty=-3, shear=12, zx=0.9, zy=1.2, flip_horizontal=True)
    assert difference(generator_class(), ours._asdict() | {"brightness": None}, image, ours) <= 1


def test_far_outside_is_the_nearest_pixel(generator_class):
    ours = Draw(theta=150, tx=90, shear=40, zx=3, zy=2.5)
    assert difference(generator_class(), ours._asdict() | {"brightness": None}, NOISE, ours) <= 1


def test_padding_does_not_change_the_pixels():
    ours = Draw(theta=11, tx=8, ty=-4, shear=3, zx=1.1, zy=0.9)
    plain = cv2.warpAffine(
        NOISE,
        matrix(ours, *SIZE),
        SIZE[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    # Rounding may fall the other way where the exact value is a half.
    assert np.abs(apply(NOISE, ours).astype(int) - plain).max() <= 1


def test_matrix_takes_output_to_input_coordinates():
    assert matrix(Draw(), 10, 10) == pytest.approx(np.eye(2, 3))
    assert matrix(Draw(zx=0.5), 11, 11) @ [5, 5, 1] == pytest.approx([5, 5])
    assert matrix(Draw(zx=0.5), 11, 11) @ [10, 10, 1] == pytest.approx([7.5, 10])
    assert matrix(Draw(flip_horizontal=True), 10, 10) @ [0, 4, 1] == pytest.approx([9, 4])


def test_identity_changes_nothing_and_copies():
    result = apply(NOISE, Draw())
    assert np.array_equal(result, NOISE)
    assert not np.shares_memory(result, NOISE)
    assert np.array_equal(augment(NOISE, AUGMENTATIONS["none"], np.random.default_rng(0)), NOISE)


def test_every_parameter_is_drawn_as_keras_draws_it(generator_class):
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
    ours = [draw(wide, rng, size)._asdict() for _ in range(count)]
    generator = generator_class(
        rotation_range=20,
        width_shift_range=0.1,
        height_shift_range=0.2,
        shear_range=0.2,
        zoom_range=(0.8, 1.3),
        horizontal_flip=True,
    )
    np.random.seed(0)  # noqa: NPY002 (the generator's own source of randomness)
    theirs = [generator.get_random_transform((*size, 3)) for _ in range(count)]
    for name in KERAS_NAMES[:-1]:
        left, right = ([one[name] for one in many] for many in (ours, theirs))
        assert stats.ks_2samp(left, right).pvalue > 0.01, name
    assert np.mean([one["flip_horizontal"] for one in ours]) == pytest.approx(0.5, abs=0.04)


def test_parameters_are_uniform_and_independent():
    wide, rng, count = AUGMENTATIONS["wide"], np.random.default_rng(0), 4000
    table = np.array([draw(wide, rng, (100, 100)) for _ in range(count)], float)
    ends = [(-20, 20), (-10, 10), (-10, 10), (-10, 10), (0.7, 1.3), (0.7, 1.3), None]
    ends += [wide.brightness_range, wide.contrast_range, wide.gamma_range]
    ends += [wide.depth_gain_range, wide.speckle_range, (0, 2**32)]
    for column, end in zip(table.T, ends, strict=True):
        if end is not None:
            assert stats.kstest(column, "uniform", (end[0], end[1] - end[0])).pvalue > 0.01
    others = np.corrcoef(table.T)[~np.eye(table.shape[1], dtype=bool)]
    assert np.abs(others).max() < 0.06


def test_one_seed_gives_one_image_and_ranges_do_not_disturb_each_other():
    paper = AUGMENTATIONS["paper"]
    first, second = (augment(NOISE, paper, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, second)
    turned = paper.model_copy(update={"rotation_range": 0.0})
    one, other = (draw(each, np.random.default_rng(3), SIZE) for each in (paper, turned))
    assert one._replace(theta=0.0) == other._replace(theta=0.0)


def test_a_seed_goes_on_to_draw_what_it_drew_before_there_was_speckle():
    rng, source = np.random.default_rng(3), np.random.default_rng(3)
    for _ in range(2):
        theta, tx = source.random(10)[:2] * 2 - 1
        one = draw(AUGMENTATIONS["wide"], rng, SIZE)
        assert (one.theta / 20, one.tx / 15) == pytest.approx((theta, tx))


def test_no_flip_where_it_is_off():
    rng = np.random.default_rng(0)
    assert not any(draw(AUGMENTATIONS["paper"], rng, SIZE).flip_horizontal for _ in range(50))


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


@pytest.mark.parametrize(
    "ranges", [{"speckle_range": (-0.1, 0)}, {"speckle_range": (0, 1.1)}, {"depth_gain_range": (0, 1)}]
)
def test_ranges_that_make_no_image_are_refused(ranges):
    with pytest.raises(ValueError, match=next(iter(ranges))):
        Augmentation(**ranges)
