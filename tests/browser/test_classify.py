"""Classify in a browser: folders, the clipboard, stability on request, and what the address keeps."""

import base64
import re

import numpy as np
import pytest
from browser import IN_CHROMIUM, painted, settled, visitor
from layout_shift import MOST_SHIFT, SIZES, WATCH
from playwright.sync_api import Locator, Page, expect
from visit import png

from core.data.phantom.simulate import simulate

pytestmark = IN_CHROMIUM
COPY = """async (data) => {
    const blob = await (await fetch("data:image/png;base64," + data)).blob()
    await navigator.clipboard.write([new ClipboardItem({"image/png": blob})])
}"""


PASTE = """async (data) => {
    const blob = await (await fetch("data:image/png;base64," + data)).blob()
    const clipboardData = new DataTransfer()
    clipboardData.items.add(new File([blob], "image.png", { type: "image/png" }))
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData }))
}"""


# Notes the place in which an image waits for its prediction.
WATCH_WAITING = """() => {
  window.waited = null
  new MutationObserver(() => {
    const place = document.querySelector(".st-key-waiting_place")
    if (place) window.waited = place.getBoundingClientRect().top
  }).observe(document.body, { childList: true, subtree: true })
}"""

# Notes the reasons not to trust a prediction that are seen while another one is waited for.
WATCH_LEFT = """() => {
  window.left = null
  new MutationObserver(() => {
    if (document.querySelector(".st-key-waiting_prediction"))
      window.left = [...document.querySelectorAll(".st-key-checks")]
        .filter(node => node.getClientRects().length).map(node => node.innerText)
  }).observe(document.body, { childList: true, subtree: true })
}"""


def strip(page: Page) -> Locator:
    return page.get_by_role("radiogroup", name="one of them selected")


def image(seed: int) -> bytes:
    return png(simulate("malignant", np.random.default_rng(seed)).image)


@pytest.mark.slow
def test_a_folder_is_taken_whole_but_for_its_masks(session, address, tmp_path) -> None:
    mask = np.zeros((90, 90), np.uint8)
    mask[30:60, 20:70] = 255
    for number in (1, 2):
        folder = tmp_path / "images" / f"clinic {number}"
        folder.mkdir(parents=True)
        (folder / "scan.png").write_bytes(image(number))
        (folder / "scan_mask.png").write_bytes(png(mask))
        (folder / "scan without ending").write_bytes(image(number + 10))
        (folder / "movie.webm").write_bytes(b"\x1a\x45\xdf\xa3webm")
        (folder / "notes.txt").write_text("no image")
    session.goto(f"{address}/classify?from=Folder")
    session.locator("input[type=file]").set_input_files(tmp_path / "images")
    expect(
        session.get_by_text(
            "2 segmentation masks skipped. Not read: 2 WebM videos; of videos, MP4 and", exact=False
        )
    ).to_be_visible()
    expect(session.get_by_role("region", name="Predictions for 4 images")).to_be_visible()


@pytest.mark.slow
def test_a_pasted_image_is_classified(session, address) -> None:
    session.goto(f"{address}/classify")
    expect(session.get_by_text("Or paste an image")).to_be_visible()
    settled(session)
    session.evaluate(COPY, base64.b64encode(image(3)).decode())
    session.keyboard.press("Control+V")
    expect(session.get_by_role("img", name=re.compile(r"as the network saw it"))).to_be_visible()
    # With an image on the page a paste is taken as well; a busy browser may refuse a second write to the
    # clipboard.
    settled(session)
    session.evaluate(PASTE, base64.b64encode(image(4)).decode())
    expect(strip(session).get_by_role("radio")).to_have_count(2)


@pytest.mark.slow
def test_the_address_keeps_the_view_and_stability_leads_to_its_images(session, address) -> None:
    session.goto(f"{address}/classify?opacity=35")
    session.get_by_role("button", name="Simulated 3", exact=True).click()
    session.get_by_role("radio", name="Occlusion").click()
    expect(session.get_by_text("Orange: covering lowers the probability of")).to_be_visible()
    session.get_by_role("button", name="Check stability under augmentation").click()
    stable = session.get_by_text(re.compile("^Stable under augmentation: [0-9]+ of 16 agree"))
    expect(stable).to_be_visible()
    agree = re.search(r"(\d+) of 16", stable.inner_text())[1]
    session.get_by_role("link", name="See the images").click()
    expect(session.get_by_text(re.compile(f"Under 16 draws: .* {agree}\\b"))).to_be_visible()
    expect(session.get_by_role("img", name=re.compile(r"^Draw 16: "))).to_be_attached()
    session.get_by_test_id("stSidebar").get_by_role("link", name="Classify").click()
    expect(stable).to_be_visible()
    for part in ("map=Occlusion", "opacity=35"):
        expect(session).to_have_url(re.compile(part))


@pytest.mark.slow
def test_an_example_is_classified_by_a_click_and_its_true_class_revealed(session, address) -> None:
    session.goto(f"{address}/classify?model=phantom")  # it has test images
    cards = session.get_by_role("group", name="Examples").get_by_role("button")
    expect(cards).to_have_count(6)
    settled(session)
    true_class = session.get_by_text(re.compile("True class: (benign|malignant|normal)$"))
    expect(true_class).to_have_count(0)
    cards.nth(1).click()
    expect(session.get_by_role("heading", name="Predicted class")).to_be_visible()
    expect(true_class).to_be_visible()
    session.get_by_role("button", name="Add images").click()
    expect(cards).to_have_count(6)
    painted(session)
    cards.nth(2).focus()
    session.keyboard.press("Enter")
    expect(strip(session).get_by_role("radio")).to_have_count(2)
    expect(session.get_by_role("img", name="example 3 of phantom as the network saw it")).to_be_visible()
    # What was opened is what one wants to see: nothing stands over it.
    expect(cards).to_have_count(0)
    session.get_by_role("button", name="Add images").click()
    session.get_by_role("button", name="Simulated 2", exact=True).click()
    expect(session.get_by_role("img", name="simulated example 2 as the network saw it")).to_be_visible()
    expect(cards).to_have_count(0)


@pytest.mark.slow
def test_nothing_of_another_models_prediction_is_seen_while_the_chosen_one_is_waited_for(
    session, address
) -> None:
    session.goto(f"{address}/classify")
    session.get_by_role("button", name="Simulated 3", exact=True).click()
    expect(session.get_by_text("Outside the training domain")).to_be_visible()
    settled(session)
    session.evaluate(WATCH_LEFT)
    session.get_by_role("button", name="Open with the teaching model").click()
    expect(session.get_by_text("Outside the training domain")).to_have_count(0)
    expect(session.get_by_text("True class: malignant")).to_be_visible()
    # A prediction that comes at once is not waited for.
    assert session.evaluate("window.left || []") == []


def chosen(page: Page, number: int) -> None:
    """Expect an image to be the selected one, and to stand large on the page."""
    expect(strip(page).get_by_role("radio").nth(number)).to_have_attribute("aria-checked", "true")
    name = strip(page).get_by_role("radio").nth(number).get_by_role("img").get_attribute("alt")
    assert name
    expect(page.get_by_role("img", name=f"{name.split(':')[0]} as the network saw it")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_images_are_looked_at_one_by_one_without_a_jump(browser, address, size) -> None:
    width, height = SIZES[size]
    with visitor(browser, viewport={"width": width, "height": height}) as page:
        page.add_init_script(WATCH)
        page.goto(f"{address}/classify")
        expect(page.get_by_text("Or paste an image")).to_be_visible()
        settled(page)
        page.evaluate("window.shift = 0")  # the first view is tests/browser/test_form.py's
        files = [
            {"name": f"{number}.png", "mimeType": "image/png", "buffer": image(number)} for number in (1, 2)
        ]
        page.evaluate(WATCH_WAITING)
        page.locator("input[type=file]").set_input_files(files)
        chosen(page, 1)
        # Its place was taken by the image as uploaded.
        waited = page.evaluate("window.waited")
        assert waited
        large = page.get_by_role("list", name="Selected image")
        box = large.bounding_box()
        assert box
        assert abs(box["y"] - waited) < 2
        assert box["y"] + 0.6 * box["height"] < height
        # The uploader has become a bar.
        expect(page.locator("input[type=file]")).to_have_count(0)
        strip(page).get_by_role("radio").nth(0).click()
        chosen(page, 0)
        page.keyboard.press("ArrowRight")
        chosen(page, 1)
        settled(page)
        assert large.bounding_box() == box
        assert page.evaluate("window.shift") <= MOST_SHIFT
        main = page.get_by_test_id("stMain")
        assert main.evaluate("element => element.scrollWidth <= element.clientWidth")
        page.get_by_role("button", name="Add images").click()
        expect(page.locator("input[type=file]")).to_have_count(1)
