import json
from pathlib import Path

import pytest

from core.augmentation.ranges import AUGMENTATIONS, Augmentation, load_augmentation
from core.errors import UserError


@pytest.mark.parametrize(
    "ranges",
    [
        *({name: (1, 1e308)} for name in ("zoom_range", "gamma_range", "contrast_range")),
        {"brightness_range": (0, 1)},
        {"gamma_range": (1e-308, 1)},
    ],
)
def test_ranges_that_make_no_image_are_refused(ranges):
    with pytest.raises(ValueError, match=next(iter(ranges))):
        Augmentation(**ranges)


def test_a_single_zoom_is_read_as_keras_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "zoom.json"
    file.write_text('{"zoom_range": 0.2, "rotation_range": 20, "shear_range": 0.2}')
    assert load_augmentation(str(file)) == AUGMENTATIONS["paper"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"rotation_range": -1}, "rotation_range"),
        ({"brightness_range": [1.2, 0.8]}, "smaller first"),
        ({"rotatoin_range": 20}, "rotatoin_range"),
        ([], "is not valid"),
    ],
)
def test_a_wrong_augmentation_file_is_named_with_its_field(tmp_path: Path, content, message: str) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(content))
    with pytest.raises(UserError, match=message):
        load_augmentation(str(file))


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        Augmentation(rotation_range=float("nan"))


def test_an_unknown_name_says_what_exists() -> None:
    with pytest.raises(UserError, match="paper, none, strong"):
        load_augmentation("heavy")
