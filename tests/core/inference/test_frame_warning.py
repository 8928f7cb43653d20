import os
from pathlib import Path

import numpy as np
import pytest
from paths import SHARED
from screens import light_screen, numbered_screen

from core.data.duplicates.common_frames import bordered, on_a_scanner_screen
from core.data.phantom.simulate import simulate
from core.data.shared_frames import FrameSearch, locate, thumbnail
from core.images.decode import decode
from core.inference.frame_warning import frame_warning, proposed_crop

BUSI = Path(os.environ.get("BUSI_DIR", SHARED / "data" / "busi"))


def phantom(seed):
    image = simulate("benign", np.random.default_rng(seed)).image
    return np.repeat(image[..., np.newaxis], 3, axis=2)


def test_a_frame_is_warned_of_and_a_black_margin_is_not() -> None:
    for framed in (on_a_scanner_screen(phantom(0), share=0.6), bordered(phantom(0), share=0.03)):
        told = frame_warning(locate(framed))
        assert "fills" in told
        assert "% of this image" in told
        assert "Crop to the ultrasound image" in told
    assert frame_warning(locate(phantom(0))) == ""
    assert frame_warning(locate(np.pad(phantom(0), ((20, 20), (20, 20), (0, 0))))) == ""


def test_a_crop_is_proposed_exactly_where_there_is_a_warning() -> None:
    framed = locate(on_a_scanner_screen(phantom(0), share=0.6))
    assert proposed_crop(framed) == framed.box
    assert proposed_crop(locate(phantom(0))) is None
    # An ultrasound image that is smaller than the smallest crop.
    thin = framed._replace(box=framed.box._replace(right=framed.box.left + 31))
    assert frame_warning(thin)
    assert proposed_crop(thin) is None


def test_the_frame_of_the_training_images_needs_no_warning() -> None:
    screens = [numbered_screen(phantom(seed), 0.6, seed) for seed in range(9)]
    search = FrameSearch()
    for number, screen in enumerate(screens):
        search.add(number, 1024, 768, thumbnail(screen[..., 1]))
    frames = search.frames(lambda number: screens[number][..., 1])
    new = phantom(99)
    known = locate(on_a_scanner_screen(new, share=0.6), frames)
    assert (frame_warning(known), proposed_crop(known)) == ("", None)
    assert frame_warning(locate(light_screen(new, 0.6), frames))


@pytest.mark.slow
@pytest.mark.busi
def test_of_busi_at_most_one_image_in_a_hundred_is_warned_of() -> None:
    files = [file for file in BUSI.glob("*/*.png") if "_mask" not in file.name]
    if not files:
        pytest.skip(f"{BUSI} is not here; set BUSI_DIR")
    warned = [bool(frame_warning(locate(decode(file.read_bytes(), file.name).pixels))) for file in files]
    assert np.mean(warned) <= 0.01
