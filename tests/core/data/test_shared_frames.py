import base64
from functools import partial

import cv2
import numpy as np
import pytest
from screens import light_screen, numbered_screen, overlap, place

from core.data.duplicates.common_frames import on_a_scanner_screen
from core.data.phantom.simulate import CLASSES, simulate
from core.data.shared_frames import FrameSearch, SharedFrame, locate, thumbnail
from core.errors import UserError
from core.images.frame import Box, to_grey
from core.schema import parse

COUNT = 12


def shared(images):
    """The frames that grey images share."""
    search = FrameSearch()
    for number, image in enumerate(images):
        search.add(number, image.shape[1], image.shape[0], thumbnail(image))
    return search.frames(images.__getitem__)


@pytest.fixture(scope="module")
def phantoms():
    images = [simulate(CLASSES[seed % 3], np.random.default_rng(seed)).image for seed in range(COUNT)]
    return [cv2.resize(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), (500, 400)) for image in images]


@pytest.fixture(scope="module")
def screens(phantoms):
    """The screens of a scanner with a patient's number on each."""
    return [to_grey(numbered_screen(pixels, 0.6, 7919 * i)) for i, pixels in enumerate(phantoms)]


def test_the_frame_of_a_scanner_is_found_and_recognised(phantoms, screens) -> None:
    (frame,) = shared(screens)
    assert (frame.width, frame.height) == (1024, 768)
    assert overlap(frame.box, place(partial(on_a_scanner_screen, share=0.6), phantoms[0])) >= 0.9
    new = simulate("benign", np.random.default_rng(99)).image
    unseen = to_grey(numbered_screen(cv2.cvtColor(new, cv2.COLOR_GRAY2RGB), 0.6, 123456))
    located = locate(unseen, (frame,))
    assert located.frame == frame
    assert located.framed
    assert located.box.area <= frame.box.area
    other = to_grey(light_screen(phantoms[0], 0.6))
    assert locate(other, (frame,)).frame is None
    assert locate(unseen[:-1], (frame,)).frame is None


def test_too_few_images_or_one_image_again_share_no_frame(screens) -> None:
    assert shared(screens[:7]) == ()
    assert shared([screens[0]] * COUNT) == ()


def test_images_of_different_sizes_share_no_frame(screens) -> None:
    assert shared([screen[: 700 + i] for i, screen in enumerate(screens)]) == ()


def test_black_corners_that_many_images_share_are_no_frame(phantoms) -> None:
    images = [to_grey(pixels) for pixels in phantoms]
    row, column = np.mgrid[:400, :500]
    for image in images:
        image[np.abs(column - 250) > 100 + row / 2] = 0
    assert shared(images) == ()


def test_a_text_that_touches_the_tissue_is_outside_a_shared_frame(phantoms) -> None:
    images = []
    for pixels in phantoms:
        image = np.zeros((480, 640), np.uint8)
        image[40:440, 60:560] = to_grey(pixels)
        image[40:440:4, 560:640] = 200  # lines without a gap to the tissue
        image[40:440:3, 562:640:5] = 90
        images.append(image)
    (frame,) = shared(images)
    assert frame.box.right == pytest.approx(560, abs=4)


def test_the_pattern_holds_nothing_of_a_single_image(screens) -> None:
    (frame,) = shared(screens)
    pattern = np.frombuffer(base64.b64decode(frame.pattern), np.int8).reshape(32, 32)
    down, right = 768 / 32, 1024 / 32
    inside = pattern[
        int(np.ceil(frame.box.top / down)) : int(frame.box.bottom / down),
        int(np.ceil(frame.box.left / right)) : int(frame.box.right / right),
    ]
    assert (inside == -1).mean() >= 0.95  # black tissue may be the same in all


def test_a_frame_survives_a_file_and_a_damaged_one_is_refused(screens) -> None:
    (frame,) = shared(screens)
    assert len(frame.model_dump_json()) < 2000
    assert parse(SharedFrame, frame.model_dump_json(), what="the frame") == frame
    content = frame.model_dump(mode="json")
    for field, value in (("box", [0, 900, 0, 10]), ("pattern", "AAAA"), ("pattern", "?" * 1368)):
        with pytest.raises(UserError, match="the frame is not valid"):
            parse(SharedFrame, content | {field: value}, what="the frame")


def test_black_tissue_is_no_frame(phantoms) -> None:
    image = to_grey(phantoms[0]).copy()
    image[300:] = 0
    located = locate(image)
    assert located.share < 0.8
    assert not located.framed
    assert located.box.bottom <= 300
    assert isinstance(located.box, Box)


def test_a_pattern_without_anything_static_is_no_frame_of_an_image(phantoms) -> None:
    pattern = base64.b64encode(np.full(1024, -1, np.int8).tobytes()).decode()
    frame = SharedFrame(width=500, height=400, box=Box(0, 1, 0, 1), pattern=pattern)
    assert locate(to_grey(phantoms[0]), [frame]).frame is None
