"""Images and masks at input size, computed once."""

import numpy as np
import pytest
from disks import bytes_taken
from visit import png

from core.data.data_set import ImageFolders
from core.images.preprocessing import Preprocessing, fit
from core.training.image_cache import cached_array, fit_images, fit_masks, new_array

PREPROCESSING = Preprocessing(image_size=32)


@pytest.fixture
def pixels(tmp_path) -> np.ndarray:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 40, 50, 3), dtype=np.uint8)
    for number, image in enumerate(pixels):
        (tmp_path / f"{number}.png").write_bytes(png(image))
    return pixels


def test_images_are_read_once(tmp_path, pixels) -> None:
    steps, cache = [], tmp_path / "cache.npy"
    arguments = (
        ImageFolders.of(tmp_path),
        ["1.png", "0.png"],
        PREPROCESSING,
        cache,
        lambda *step: steps.append(step),
    )
    images = fit_images(*arguments)
    np.testing.assert_array_equal(images, [fit(image, PREPROCESSING) for image in pixels[::-1]])
    assert [step[1:] for step in steps] == [(1, 2), (2, 2)]
    for file in tmp_path.glob("*.png"):
        file.unlink()
    np.testing.assert_array_equal(fit_images(*arguments), images)
    assert len(steps) == 2


def test_masks_of_an_image_are_merged_in_white_and_none_is_black(tmp_path) -> None:
    masks = np.zeros((2, 32, 32, 3), np.uint8)
    masks[0, :16], masks[1, :, :16] = (0, 0, 255), (0, 200, 0)
    for number, mask in enumerate(masks):
        (tmp_path / f"mask {number}.png").write_bytes(png(mask))
    found = fit_masks(
        ImageFolders.of(tmp_path),
        ["a.png", "b.png"],
        {"a.png": ["mask 0.png", "mask 1.png"]},
        PREPROCESSING,
        tmp_path / "masks.npy",
        lambda *_: None,
    )
    np.testing.assert_array_equal(found[0, ..., 0] > 0, masks.any(axis=(0, 3)))
    assert set(np.unique(found[0], axis=None)) == {0, 255}
    assert (found[0] == found[0, ..., :1]).all()
    assert not found[1].any()


def test_an_array_that_was_cut_short_is_computed_again(tmp_path) -> None:
    path = tmp_path / "array.npy"

    def stop(_: np.ndarray) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached_array(path, (3,), np.float32, stop)
    assert list(tmp_path.iterdir()) == []
    array = cached_array(path, (3,), np.float32, lambda array: array.fill(7))
    assert array.tolist() == [7, 7, 7]
    assert cached_array(path, (3,), np.float32, stop).tolist() == [7, 7, 7]


def test_an_array_has_its_space_on_the_disk_before_it_is_filled(tmp_path) -> None:
    """Filling a sparse memory map on a full disk ends the process with a bus error."""
    array = new_array(tmp_path / "array.npy", (1000, 1000), np.float32)
    assert bytes_taken(tmp_path / "array.npy") >= 4_000_000
    assert not array.any()
