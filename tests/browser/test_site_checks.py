"""The checks of an image in the static page find what the app finds: by pixels, in Chromium."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import cv2
import image_variety
import numpy as np
import pytest
from browser import IN_CHROMIUM
from page_modules import MODULES, page_with

from core.data import shared_frames
from core.data.image_facts import pixel_hash, read_image
from core.data.shared_frames import SharedFrame, locate
from core.images import content, crop, frame
from core.inference import frame_warning

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from playwright.sync_api import Browser

in_chromium = [*IN_CHROMIUM, pytest.mark.slow]
CHECK = """async ([sizes, frames, words]) => {
    const { look } = await import("/page/content.js");
    const { pixelHash } = await import("/page/pixel_hash.js");
    const { locate, proposedCrop, frameWarning } = await import("/page/shared_frames.js");
    const found = [];
    for (const [number, [height, width]] of sizes.entries()) {
        const response = await fetch(`/file/${number}`);
        const image = { width, height, data: new Uint8Array(await response.arrayBuffer()) };
        const located = locate(image, frames);
        found.push({
            look: look(image),
            sha256: await pixelHash(image),
            box: located.box,
            frame: located.frame === null ? null : frames.indexOf(located.frame),
            share: located.share,
            framed: located.framed,
            proposal: proposedCrop(located),
            warning: frameWarning(located, words),
        });
    }
    return found;
}"""
# Of each file: grey values of an image, its size, and the side of a square.
FILTER = """async (sizes) => {
    const { resizeArea } = await import("/page/resize_area.js");
    const { texture } = await import("/page/texture.js");
    const digest = async (values) => {
        const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", values));
        return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    };
    const found = [];
    for (const [number, [height, width, side]] of sizes.entries()) {
        const response = await fetch(`/file/${number}`);
        const data = new Uint8Array(await response.arrayBuffer());
        const square = resizeArea({ width, height, data }, side, side).data;
        found.push([await digest(square), await digest(texture(square, side, 9))]);
    }
    return found;
}"""
CONSTANTS = {
    "content": (content,),
    "texture": (frame,),
    "frame": (frame,),
    "shared_frames": (shared_frames, frame_warning, crop),
}


def in_python(pixels: NDArray[np.uint8], frames: Sequence[SharedFrame]) -> dict[str, Any]:
    located = locate(pixels, frames)
    proposal = frame_warning.proposed_crop(located)
    return {
        "look": content.look(pixels),
        "sha256": pixel_hash(pixels),
        "box": located.box._asdict(),
        "frame": None if located.frame is None else list(frames).index(located.frame),
        "share": located.share,
        "framed": located.framed,
        "proposal": proposal and proposal._asdict(),
        "warning": frame_warning.frame_warning(located),
    }


def in_browser(
    browser: Browser, images: Sequence[NDArray[np.uint8]], frames: Sequence[SharedFrame]
) -> list[dict[str, Any]]:
    with page_with(browser, [image.tobytes() for image in images]) as page:
        shown = [frame.model_dump(mode="json") for frame in frames]
        return page.evaluate(CHECK, [[image.shape[:2] for image in images], shown, frame_warning.WORDS])


def check(browser: Browser, images: dict[str, NDArray[np.uint8]], frames: Sequence[SharedFrame]) -> list[Any]:
    """Compare browser and Python on every image; return what was found, in their order."""
    found = in_browser(browser, list(images.values()), frames)
    expected = [in_python(pixels, frames) for pixels in images.values()]
    differ = [facts for facts in zip(images, found, expected, strict=True) if facts[1] != facts[2]]
    assert not differ, f"{len(differ)} of {len(images)}: {differ[:3]}"
    return found


class TestInChromium:
    pytestmark = in_chromium

    def test_made_images_of_every_kind(self, browser: Browser) -> None:
        found = check(browser, image_variety.images(), image_variety.shared_frames())
        assert len(found) >= 150
        assert {facts["look"] for facts in found} == {"", "blank", "black and white"}
        assert sum(facts["frame"] is not None for facts in found) >= 9
        assert sum(bool(facts["warning"]) for facts in found) >= 20
        assert sum(facts["proposal"] is None for facts in found) >= 20

    def test_a_pattern_of_a_stranger_that_has_nothing_static_is_in_no_image(self, browser: Browser) -> None:
        pattern = np.full(1024, -1, np.int8)
        pixels = image_variety.images()["phantom 0"]
        stranger = image_variety.shared_frames()[0].model_dump()
        size = {"width": pixels.shape[1], "height": pixels.shape[0], "box": (0, 9, 0, 9)}
        empty = SharedFrame.model_validate(
            {**stranger, **size, "pattern": b64encode(pattern.tobytes()).decode()}
        )
        assert check(browser, {"phantom": pixels}, (empty,))[0]["frame"] is None

    def test_filters_are_those_of_opencv_to_the_bit(self, browser: Browser) -> None:
        random = np.random.default_rng(0)
        sides = [(int(random.integers(1, 700)), int(random.integers(1, 700)), 176) for _ in range(60)]
        sides += [(176 * a, 176 * b, 176) for a in (1, 2, 3) for b in (1, 2, 4)]
        sides += [(int(random.integers(1, 500)), int(random.integers(1, 500)), 32) for _ in range(60)]
        images = [random.integers(0, 256, (height, width), dtype=np.uint8) for height, width, _ in sides]
        with page_with(browser, [image.tobytes() for image in images]) as page:
            found = page.evaluate(FILTER, sides)
        for image, (_, _, side), (resized, varied) in zip(images, sides, found, strict=True):
            square = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
            assert resized == hashlib.sha256(square.tobytes()).hexdigest(), image.shape
            assert varied == hashlib.sha256(frame.texture(square, 9).tobytes()).hexdigest(), image.shape

    @pytest.mark.busi
    def test_images_and_masks_of_busi(self, browser: Browser, busi: Path) -> None:
        files = sorted(busi.glob("*/*.png"))[::8]
        found = check(browser, {file.name: read_image(file) for file in files}, ())
        assert len(found) >= 150

    @pytest.mark.busbra
    def test_images_and_masks_of_busbra(self, browser: Browser, busbra: Path) -> None:
        files = sorted(busbra.glob("*/*.png"))[::24]
        found = check(browser, {file.name: read_image(file) for file in files}, ())
        assert len(found) >= 150


@pytest.mark.parametrize("module", CONSTANTS)
def test_thresholds_are_those_of_python(module: str) -> None:
    text = (MODULES / f"{module}.js").read_text(encoding="utf-8")
    written = re.findall(r"^const ([A-Z_]+) = (-?[\d._]+)$", text, re.MULTILINE)
    assert len(written) >= 5
    assert len(written) == len(re.findall(r"^const [A-Z_]+ =", text, re.MULTILINE))
    for name, number in written:
        values = [
            getattr(one, spelled)
            for one in CONSTANTS[module]
            for spelled in (name, f"_{name}")
            if hasattr(one, spelled)
        ]
        assert json.loads(number.replace("_", "")) in values, name
