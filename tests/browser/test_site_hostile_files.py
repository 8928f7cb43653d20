"""Hostile files get one sentence from the static page, by name and with what to do, and no memory."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import damage
import hostile_images
import image_formats
import numpy as np
import pytest
from browser import IN_CHROMIUM
from image_files import encoded
from page_modules import page_with

from core.data.image_facts import pixel_hash
from core.images.decode import decode
from core.images.limits import ImageError
from core.site.words import LIMITS, REFUSED, formats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hostile_images import Hostile
    from numpy.typing import NDArray
    from playwright.sync_api import Browser

pytestmark = [*IN_CHROMIUM, pytest.mark.slow]
SITE = {"limits": LIMITS, "formats": formats()}
# Notes every call by which a browser decodes anything.
DECODE = """async ([count, site]) => {
    const calls = [];
    const decoders = ["createImageBitmap", "OffscreenCanvas", "ImageDecoder", "DecompressionStream", "Image"];
    for (const name of decoders) {
        const original = globalThis[name];
        if (!original) continue;
        globalThis[name] = name === "createImageBitmap"
            ? (...given) => { calls.push(name); return original(...given); }
            : class extends original { constructor(...given) { super(...given); calls.push(name); } };
    }
    const { decode } = await import("/page/decode.js");
    const { pixelHash } = await import("/page/pixel_hash.js");
    const found = [];
    for (let number = 0; number < count; number++) {
        const bytes = new Uint8Array(await (await fetch(`/file/${number}`)).arrayBuffer());
        calls.length = 0;
        let outcome;
        try {
            const { image } = await decode(bytes, site);
            outcome = { reason: "", sha256: await pixelHash(image) };
        } catch (error) {
            outcome = { reason: error.reason ?? `not an ImageError: ${error.stack}`, values: error.values };
        }
        found.push({ ...outcome, calls: [...calls] });
    }
    return found;
}"""


def decoded(browser: Browser, files: Sequence[bytes]) -> list[dict[str, Any]]:
    with page_with(browser, files) as page:
        return page.evaluate(DECODE, [len(files), SITE])


def sentence(name: str, outcome: Mapping[str, Any]) -> str:
    return REFUSED[outcome["reason"]].format(**{**outcome["values"], "name": name})


def check_refused(browser: Browser, hostile: Mapping[str, Hostile]) -> list[dict[str, Any]]:
    """Check that each file is refused for its reason, in a sentence; return the outcomes in their order."""
    found = decoded(browser, [each.file for each in hostile.values()])
    reasons = {name: one["reason"] for name, one in zip(hostile, found, strict=True)}
    assert reasons == {name: each.reason for name, each in hostile.items()}
    for (name, each), outcome in zip(hostile.items(), found, strict=True):
        said = sentence(name, outcome)
        assert each.said in said.removeprefix(name)
        assert said.startswith(f"{name} ")
        assert said.endswith(".")
        assert "{" not in said
    return found


@pytest.mark.parametrize("kind", ["huge", "by_name"])
def test_it_is_refused_by_name_before_pixels_are_decoded(browser: Browser, kind: str) -> None:
    hostile = getattr(hostile_images, kind)()
    found = check_refused(browser, hostile)
    assert {name: one["calls"] for name, one in zip(hostile, found, strict=True) if one["calls"]} == {}


def test_millions_of_empty_pieces_are_not_read(browser: Browser) -> None:
    hostile = hostile_images.tiny_pieces()
    found = check_refused(browser, hostile)
    assert {name: one["calls"] for name, one in zip(hostile, found, strict=True) if one["calls"]} == {}


def test_what_is_cut_off_is_damaged_and_never_half_an_image(browser: Browser) -> None:
    check_refused(browser, hostile_images.cut_off())


@pytest.mark.parametrize("name", hostile_images.BOMBS)
def test_gigabytes_of_compressed_zeros_take_little_memory(browser: Browser, name: str) -> None:
    file = hostile_images.bomb(name)
    assert len(file) <= LIMITS["bytes"]
    with page_with(browser, [file]) as page:
        page.evaluate("fetch('/file/0').then((response) => response.arrayBuffer()).then(() => null)")
        before = largest_memory(browser)
        (outcome,) = page.evaluate(DECODE, [1, SITE])
        grown = largest_memory(browser) - before
    assert outcome["reason"] in ("", "structure")
    assert grown < 200


def largest_memory(browser: Browser) -> float:
    """Return the most memory that any of the browser's pages has had, MB."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    status = [
        Path(f"/proc/{process['id']}/status").read_text(encoding="ascii")
        for process in processes
        if process["type"] == "renderer"
    ]
    return max(int(re.search(r"VmHWM:\s+(\d+)", each)[1]) for each in status) / 1024


def test_what_comes_of_damaged_files_is_the_image_of_the_app_or_a_sentence(browser: Browser) -> None:
    random = np.random.default_rng(0)
    small = {name: file for name, file in image_formats.made().items() if len(file) < 100_000}
    names = random.choice(list(small), 300)
    files = [(name, damage.mutated(small[name], random)) for name in names]
    names = random.choice([name for name in small if small[name].startswith(hostile_images.PNG)], 300)
    files += [(name, damage.mutated_png(small[name], random)) for name in names]
    found = decoded(browser, [file for _, file in files])
    assert {one["reason"] for one in found} <= {"", *REFUSED}
    same = 0
    for (name, file), one in zip(files, found, strict=True):
        # Of JPEG, decoders guess what is missing, each in its way.
        if (
            one["reason"] == ""
            and not name.endswith(("jpg", "jpeg"))
            and (pixels := _pixels(file)) is not None
        ):
            assert one["sha256"] == pixel_hash(pixels), name
            same += 1
    assert same > 100


def _pixels(file: bytes) -> NDArray[np.uint8] | None:
    try:
        return decode(file, "x").pixels
    except ImageError:
        return None


def test_a_browser_that_changes_pixels_of_a_canvas_decodes_png_alone(browser: Browser) -> None:
    files = [encoded(hostile_images.COLOUR, form) for form in ("PNG", "BMP", "JPEG", "WEBP", "GIF")]
    with page_with(browser, files) as page:
        page.evaluate("""() => {
            const read = OffscreenCanvasRenderingContext2D.prototype.getImageData;
            OffscreenCanvasRenderingContext2D.prototype.getImageData = function (...given) {
                const found = read.apply(this, given);
                found.data[4000] ^= 1;
                return found;
            };
        }""")
        found = page.evaluate(DECODE, [len(files), SITE])
    assert [one["reason"] for one in found] == ["", "", "altered", "altered", "altered"]
