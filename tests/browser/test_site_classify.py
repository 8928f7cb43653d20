"""The static page Classify in Chromium: ways in, warnings, refusals, several images."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import image_variety
import numpy as np
import pytest
from browser import IN_CHROMIUM, visitor
from image_files import encoded
from paths import ROOT
from PIL import Image
from playwright.sync_api import Page, expect
from sites import choose, opened, payload, rows, served, settled, titles, write_site

from core.bundle import limits_elsewhere
from core.bundle.folder import open_bundle
from core.data.image_facts import pixel_hash
from core.data.phantom.dataset import plan, render
from core.data.phantom.simulate import CLASSES, simulate
from core.images.decode import decode
from core.inference.classifier import Classifier
from core.site.words import CHECKS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [*IN_CHROMIUM, pytest.mark.slow]
PHANTOM = ROOT / "models" / "phantom"
OUTSIDE, FRAME, SEEN, UNLIKE, UNSURE, _ = (title for title, _ in CHECKS.values())


def phantom(seed: int, label: str = "malignant") -> bytes:
    return encoded(Image.fromarray(simulate(label, np.random.default_rng(seed)).image))


def variety(name: str) -> bytes:
    return encoded(Image.fromarray(image_variety.images()[name]))


def problems(page: Page) -> list[str]:
    return page.locator("#problems p").all_inner_texts()


def drop(page: Page, name: str, content: bytes) -> None:
    page.evaluate(
        """([name, content]) => {
            const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], name));
            const target = document.querySelector("#intake");
            for (const kind of ["dragover", "drop"]) {
                const event = { dataTransfer: data, bubbles: true, cancelable: true };
                target.dispatchEvent(new DragEvent(kind, event));
            }
        }""",
        [name, base64.b64encode(content).decode()],
    )


def paste(page: Page, name: str, content: bytes) -> None:
    page.evaluate(
        """([name, content]) => {
            const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], name));
            document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, cancelable: true }));
        }""",
        [name, base64.b64encode(content).decode()],
    )


def test_images_come_by_choice_by_drop_by_paste_and_by_camera(classify_page: Page) -> None:
    page = classify_page
    choose(page, {"chosen.png": phantom(1)})
    drop(page, "dropped.png", phantom(2))
    paste(page, "pasted.png", phantom(3))
    camera = page.locator("#camera")
    expect(camera).to_have_attribute("capture", "environment")
    camera.set_input_files({"name": "IMG.jpg", "mimeType": "image/png", "buffer": phantom(4)})
    settled(page)
    assert [row["file"] for row in rows(page)] == [
        "chosen.png",
        "dropped.png",
        "pasted.png",
        "photograph 1.jpg",
    ]
    assert not problems(page)


def test_images_that_are_chosen_before_the_network_has_come_are_classified(browser, phantom_site) -> None:
    with served(phantom_site) as address, visitor(browser) as page:
        page.goto(address, wait_until="commit")
        page.set_input_files("#files", [payload(f"{seed}.png", phantom(seed)) for seed in (1, 2)])
        expect(page.locator("#strip li")).to_have_count(2)
        drop(page, "3.png", phantom(3))
        expect(page.locator("#strip li")).to_have_count(3)


def test_the_selected_image_is_shown_with_its_prediction_and_can_be_changed(classify_page: Page) -> None:
    page = classify_page
    choose(page, {f"{label}.png": phantom(50, label) for label in CLASSES})
    predicted = {row["file"]: row["predicted_class"] for row in rows(page)}
    assert len(set(predicted.values())) > 1
    for file, label in predicted.items():
        page.get_by_role("button", name=f"{file}: {label}").click()
        expect(page.locator("#predicted")).to_have_text(f"Predicted class: {label}")
        image = page.get_by_role(
            "img", name=f"{file} as the network saw it, with the saliency map of {label}"
        )
        expect(image).to_be_visible()
        expect(page.locator("#status")).to_contain_text(f"{file}: predicted class {label}.")
    page.select_option("#map-class", label="normal")
    expect(page.locator("#map-line")).to_contain_text(re.compile("normal"))
    page.click("#no-map")
    expect(page.locator("#map-line")).to_contain_text("pixels")
    expect(page.locator("#tint")).to_be_hidden()
    page.click("#remove-all")
    expect(page.locator("#results")).to_be_hidden()
    choose(page, {"again.png": phantom(51)})
    assert [row["file"] for row in rows(page)] == ["again.png"]


def test_a_test_image_can_be_tried_and_is_not_called_outside_the_domain(classify_page: Page) -> None:
    classify_page.get_by_role("button", name="malignant").click()
    expect(classify_page.locator("#predicted")).to_be_visible()
    settled(classify_page)
    (row,) = rows(classify_page)
    assert row["file"] == "malignant, test image.png"
    assert row["sha256"]
    assert OUTSIDE not in titles(classify_page)


def test_it_warns_of_an_image_that_was_trained_on(classify_page: Page) -> None:
    split = open_bundle(PHANTOM).table("split.csv")
    trained = split[split["set"] == "train"].set_index("sha256")["file"]
    drawn = (np.repeat(render(0, entry).image[..., np.newaxis], 3, axis=2) for entry in plan(0)[:60])
    known = next(pixels for pixels in drawn if pixel_hash(pixels) in trained.index)
    image = encoded(Image.fromarray(known))
    choose(classify_page, {"mine.png": image, "other.png": phantom(77)})
    first, other = rows(classify_page)
    assert first["seen_in_training"] == trained[pixel_hash(known)]
    assert first["seen_by"] == "the same pixels"
    assert other["seen_in_training"] == ""
    classify_page.get_by_role("button", name="mine.png").click()
    assert SEEN in titles(classify_page)
    classify_page.get_by_role("button", name="other.png").click()
    assert SEEN not in titles(classify_page)


def test_it_warns_where_more_than_one_class_is_possible(classify_page: Page) -> None:
    classifier = Classifier(open_bundle(PHANTOM))
    images = {f"{seed}.png": phantom(seed, CLASSES[seed % 3]) for seed in range(100, 180)}
    unsure = [
        name
        for name, content in images.items()
        if len(classifier.classify(decode(content, name).pixels).possible) > 1
    ]
    assert unsure
    choose(classify_page, {unsure[0]: images[unsure[0]]})
    assert UNSURE in titles(classify_page)
    possible = classify_page.locator("#possible").inner_text().split(" or ")
    assert possible == rows(classify_page)[0]["possible"]
    assert len(possible) > 1


def test_it_warns_of_a_frame_and_crops_it(classify_page: Page) -> None:
    choose(classify_page, {"framed.png": variety("phantom 0, black margin")})
    assert FRAME in titles(classify_page)
    classify_page.click("#crop-it")
    settled(classify_page)
    assert FRAME not in titles(classify_page)
    (row,) = rows(classify_page)
    assert row["crop"]
    assert row["warning"] == ""
    expect(classify_page.locator("#comparison")).to_contain_text("Whole image")


def test_it_warns_of_an_image_outside_the_domain_of_real_images(browser: Browser, tmp_path: Path) -> None:
    bundle = ROOT / "models" / "busi-busbra"
    site = write_site(bundle, tmp_path / "site")
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    with served(site) as address, visitor(browser) as page:
        opened(page, address)
        choose(page, {"noise.png": encoded(Image.fromarray(noise))})
        assert UNLIKE in titles(page)
        assert OUTSIDE not in titles(page)
        manifest = open_bundle(bundle).manifest
        worst = limits_elsewhere.worst_source(manifest)
        assert worst
        expect(page.get_by_text(limits_elsewhere.name_worst(manifest, str)).first).to_be_attached()
        expect(
            page.get_by_text(f"{worst.as_predicted.coverage.value:.0%} of the images").first
        ).to_be_visible()


def test_the_teaching_model_says_that_it_saw_simulated_images_only(classify_page: Page) -> None:
    choose(classify_page, {"image.png": phantom(8)})
    assert titles(classify_page)[0] == OUTSIDE


REFUSED = {
    "blank.png": (lambda: variety("mask black"), "is blank: no prediction is made."),
    "mask.png": (lambda: variety("mask two lesions"), "looks like a segmentation mask"),
    "deep.png": (
        lambda: encoded(Image.fromarray(np.arange(4096, dtype=np.uint16).reshape(64, 64))),
        "16 bits",
    ),
    "scan.tif": (lambda: encoded(Image.new("L", (50, 40), 9), "TIFF"), "save it as an 8-bit PNG"),
    "us.dcm": (lambda: bytes(128) + b"DICM" + bytes(20), "is a DICOM file"),
    "photo.heic": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "is an HEIC image"),
    "report.pdf": (lambda: b"%PDF-1.7\n", "is a PDF document"),
    "notes.txt": (lambda: b"benign", "is not a PNG, JPEG, WebP, BMP or GIF image"),
    "empty.png": (lambda: b"", "is empty"),
    "cut.png": (lambda: phantom(5)[:5000], "is damaged"),
    "cut.jpg": (
        lambda: encoded(Image.fromarray(image_variety.images()["phantom 1"]), "JPEG")[:4000],
        "is damaged",
    ),
    "print.jpg": (lambda: encoded(Image.new("CMYK", (60, 60)), "JPEG"), "CMYK"),
    "clip.gif": (
        lambda: encoded(
            Image.new("L", (40, 40)), "GIF", save_all=True, append_images=[Image.new("L", (40, 40), 200)]
        ),
        "is a clip of 2 frames",
    ),
    "huge.png": (lambda: encoded(Image.new("1", (5000, 5000))), "too many pixels"),
    "long.png": (lambda: encoded(Image.new("1", (20_000, 10))), "a side of more than 16,384 pixels"),
    "large.png": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(21 * 2**20), "at most 20 MB"),
}


def test_what_gets_no_prediction_is_named_with_what_to_do(classify_page: Page) -> None:
    page = classify_page
    files = {name: make() for name, (make, _) in REFUSED.items()}
    choose(page, {**files, "good.png": phantom(6)})
    said = problems(page)
    assert len(said) == len(REFUSED)
    for (name, (_, words)), sentence in zip(REFUSED.items(), said, strict=True):
        assert sentence.startswith(f"{name} "), sentence
        assert words in sentence
    assert [row["file"] for row in rows(page)] == ["good.png"]


def test_no_more_images_are_kept_than_the_page_says(classify_page: Page) -> None:
    small = encoded(Image.fromarray(simulate("benign", np.random.default_rng(4)).image).resize((40, 40)))
    choose(classify_page, {f"{number}.png": small for number in range(201)})
    assert problems(classify_page) == ["200.png was left out: the page keeps at most 200 images."]
    assert len(rows(classify_page)) == 200


COUNT = """
    window.predicted = 0
    window.Worker = class extends Worker {
        constructor(...given) {
            super(...given)
            this.addEventListener("message", ({ data }) => { predicted += data.kind === "result" })
        }
    }
"""


def test_images_that_are_removed_are_not_waited_for(browser: Browser, phantom_site: Path) -> None:
    with served(phantom_site) as address, visitor(browser) as page:
        page.add_init_script(COUNT)
        page.goto(address)
        many = [payload(f"{seed}.png", phantom(seed)) for seed in range(60)]
        page.set_input_files("#files", many)
        page.click("#remove-all")
        expect(page.locator("#progress")).to_be_hidden()
        choose(page, {"after.png": phantom(60)})
        assert [row["file"] for row in rows(page)] == ["after.png"]
        assert page.evaluate("predicted") < len(many) / 2
