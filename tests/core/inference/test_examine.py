import numpy as np
import pytest
from screens import light_screen, overlap, place
from visit import FIRST, MODELS, changed

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT
from core.bundle.tables import read_csv
from core.bundle.training_overlap import SAME_PIXELS
from core.data.duplicates.common_frames import FRAMES, on_a_scanner_screen
from core.data.image_facts import pixel_hash
from core.data.phantom.simulate import simulate
from core.images import crop
from core.images.frame import Box
from core.images.limits import ImageError
from core.inference.examine import cropped, examine, seen_views, view

FRAMED = {frame.name: frame.apply for frame in FRAMES} | {
    "light screen": lambda pixels: light_screen(pixels, 0.6)
}


@pytest.fixture(scope="module")
def phantom():
    image = simulate("malignant", np.random.default_rng(7)).image
    return np.repeat(image[..., np.newaxis], 3, axis=2)


@pytest.mark.parametrize("name", FRAMED)
def test_auto_crops_to_the_ultrasound_image_in_a_frame(name, phantom) -> None:
    framed = FRAMED[name](phantom)
    shown = view(framed, (), crop.AUTO)
    assert shown.whole.warning
    assert shown.box == shown.whole.proposal
    assert overlap(shown.box, place(FRAMED[name], phantom)) >= 0.9
    assert (shown.pixels == shown.box.crop(framed)).all()
    # There is nothing left to crop.
    assert (shown.examined.warning, shown.examined.proposal) == ("", None)
    assert shown.examined.sha256 == pixel_hash(shown.pixels)


def test_auto_leaves_an_image_without_a_frame_and_none_every_image(phantom) -> None:
    for pixels, choice in ((phantom, crop.AUTO), (on_a_scanner_screen(phantom, share=0.6), crop.NONE)):
        shown = view(pixels, (), choice)
        assert shown.box is None
        assert shown.pixels is pixels
        assert shown.examined is shown.whole


def test_a_given_rectangle_is_taken_from_every_image_that_it_fits(phantom) -> None:
    box = crop.from_corner(5, 6, 100, 80)
    for pixels in (phantom, on_a_scanner_screen(phantom, share=0.6)):
        assert (view(pixels, (), box).pixels == pixels[6:86, 5:105]).all()
    with pytest.raises(ImageError, match="does not fit"):
        view(phantom[:80], (), box)


def test_a_crop_to_the_whole_image_is_none(phantom) -> None:
    height, width = phantom.shape[:2]
    shown = view(phantom, (), crop.from_corner(0, 0, width, height))
    assert shown.box is None
    assert shown.pixels is phantom


def test_a_crop_without_an_ultrasound_image_is_refused(phantom) -> None:
    framed = on_a_scanner_screen(phantom, share=0.6)
    with pytest.raises(ImageError, match=r"^cropped to 10,600,40,40 is blank: no prediction is made"):
        cropped(framed, crop.from_corner(10, 600, 40, 40))
    mask = phantom.copy()
    mask[50:90, 50:90] = 0
    mask[60:80, 55:85] = 255
    with pytest.raises(ImageError, match="is black and white only"):
        cropped(mask, Box(50, 90, 50, 90))


def test_a_crop_of_a_training_image_has_been_seen(phantom, tmp_path) -> None:
    """Though the crop, of a corner, resembles nothing that the network has seen."""
    changed(MODELS / FIRST, tmp_path / "bundle")
    split = read_csv(tmp_path / "bundle" / SPLIT)
    row = split.index[split["set"] == "train"][0]
    bundle = open_bundle(MODELS / FIRST)
    corner = view(phantom, (), crop.from_corner(0, 0, 48, 40))
    assert seen_views(bundle, [corner]) == [None]
    split.loc[row, ["sha256", "fingerprint"]] = (pixel_hash(phantom), examine(phantom, ()).fingerprint)
    split.to_csv(tmp_path / "bundle" / SPLIT, index=False)
    changed(tmp_path / "bundle", tmp_path / "knows")
    known = open_bundle(tmp_path / "knows")
    (seen,) = seen_views(known, [corner])
    assert seen == (split.loc[row, "file"], SAME_PIXELS)
    assert seen_views(known, []) == []
