"""The static page decodes and fits images to the same pixels as the app, bit for bit, in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import image_formats
import numpy as np
import pytest
from browser import IN_CHROMIUM
from page_modules import page_with

from core.images.preprocessing import fit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [*IN_CHROMIUM, pytest.mark.slow]
FIT = """async (cases) => {
    const { fit } = await import("/page/fit.js");
    const found = [];
    for (const [number, [width, height, fitting]] of cases.entries()) {
        const response = await fetch(`/file/${number}`);
        const image = { width, height, data: new Uint8Array(await response.arrayBuffer()) };
        const { data } = fit(image, fitting);
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
        found.push(Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""));
    }
    return found;
}"""


def test_every_format_is_decoded_and_fitted_as_the_app_does(browser: Browser) -> None:
    files = {**image_formats.made(), **dict(image_formats.real())}
    assert len(files) >= 40
    with page_with(browser, list(files.values())) as page:
        fittings = [fitting.model_dump() for fitting in image_formats.fittings()]
        found = page.evaluate(image_formats.DECODE, [len(files), image_formats.site(), fittings])
    expected = {name: image_formats.decoded(name, file) for name, file in files.items()}
    different = {
        name: [(one.get(key), value) for key, value in expected[name].items() if one.get(key) != value] or one
        for name, one in zip(files, found, strict=True)
        if one != expected[name]
    }
    assert not different, different


def test_images_of_every_shape_are_fitted_as_pillow_does(browser: Browser) -> None:
    random = np.random.default_rng(11)
    cases = []
    for number in range(240):
        width, height = (int(side) for side in random.integers(1, (40, 260, 700)[number % 3], 2))
        fitting = image_formats.fittings()[number % 4].model_copy(
            update={"image_size": int(random.integers(32, 257))}
        )
        cases.append((random.integers(0, 256, (height, width, 3), dtype=np.uint8), fitting))
    with page_with(browser, [pixels.tobytes() for pixels, _ in cases]) as page:
        given = [[pixels.shape[1], pixels.shape[0], fitting.model_dump()] for pixels, fitting in cases]
        found = page.evaluate(FIT, given)
    expected = [image_formats.digest(fit(pixels, fitting))[2] for pixels, fitting in cases]
    assert [case for case, one, other in zip(given, found, expected, strict=True) if one != other] == []
