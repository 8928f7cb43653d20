"""Augmentation against Keras's real ImageDataGenerator."""

import cv2
import numpy as np
import pytest

from core.augmentation.draw import Draw, sample_draw
from core.augmentation.ranges import AUGMENTATIONS
from core.augmentation.transform import apply, augment, matrix

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


def test_one_seed_gives_one_image_and_ranges_do_not_disturb_each_other():
    paper = AUGMENTATIONS["paper"]
    first, second = (augment(NOISE, paper, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, second)
    turned = paper.model_copy(update={"rotation_range": 0.0})
    one, other = (sample_draw(each, np.random.default_rng(3), SIZE) for each in (paper, turned))
    assert one._replace(theta=0.0) == other._replace(theta=0.0)
