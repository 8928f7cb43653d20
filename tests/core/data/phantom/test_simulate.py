import numpy as np
import pytest

from core.data.phantom.simulate import CLASSES, simulate


def grey_behind(phantom):
    """Mean grey value behind a lesion less that beside it at the same depth."""
    rows, columns = np.nonzero(phantom.mask)
    height, width = phantom.image.shape
    below = slice(rows.max() + 4, min(rows.max() + 4 + height // 6, height))
    middle, half = (columns.min() + columns.max()) // 2, max((columns.max() - columns.min()) // 4, 4)
    beside = np.r_[
        max(columns.min() - 60, 0) : max(columns.min() - 12, 0),
        min(columns.max() + 12, width) : min(columns.max() + 60, width),
    ]
    grey = phantom.image[below]
    return grey[:, middle - half : middle + half].mean() - grey[:, beside].mean()


def test_images_show_the_posterior_feature_they_are_labelled_with():
    found = {"shadowing": [], "enhancement": []}
    seeds = iter(range(100))
    while min(map(len, found.values())) < 4:
        seed = next(seeds)
        phantom = simulate(CLASSES[seed % 2], np.random.default_rng(seed))
        lesion = phantom.descriptors[0]
        reaches_bottom = np.nonzero(phantom.mask)[0].max() > 0.7 * phantom.mask.shape[0]
        if len(phantom.masks) == 1 and lesion.posterior in found and not reaches_bottom:
            found[lesion.posterior].append(grey_behind(phantom))
    assert np.mean(found["shadowing"]) < -10
    assert np.mean(found["enhancement"]) > 5


@pytest.mark.parametrize("label", CLASSES)
def test_image_and_masks_fit_the_label(label):
    phantom = simulate(label, np.random.default_rng(3))
    assert phantom.image.dtype == np.uint8
    assert phantom.image.shape == phantom.mask.shape
    assert 400 <= phantom.image.shape[1] <= 540
    assert 30 < phantom.image.mean() < 140
    assert phantom.mask.any() == (label != "normal")
    assert len(phantom.masks) == len(phantom.descriptors)


def test_a_lesion_lies_inside_the_image():
    for seed in range(8):
        phantom = simulate(CLASSES[seed % 2], np.random.default_rng(seed))
        for mask in phantom.masks:
            assert 0.005 < mask.mean() < 0.4


def test_an_unknown_class_is_refused():
    with pytest.raises(ValueError, match="'cyst'"):
        simulate("cyst", np.random.default_rng(0))
