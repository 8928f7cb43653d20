"""Every page in a browser, on a model, a folder and an upload whose names try to be markup."""

import numpy as np
import pytest
from browser import IN_CHROMIUM, painted, serve
from hostile_names import CLASSES, FILE, FOLDER, HOST, make_hostile_bundle, make_hostile_folder
from playwright.sync_api import Page, expect
from visit import png

from core.data.phantom.simulate import simulate

pytestmark = [*IN_CHROMIUM, pytest.mark.slow]
# Titles of the pages, by their names in the sidebar.
PAGES = {
    "Home": "Breast ultrasound classifier",
    **{
        name: name
        for name in ("Classify", "Augmentation", "Training curves", "Confusion matrix", "Data audit")
    },
    "You vs. the model": "You against the model",
}
# Links, images and styles that stand on the page because of a name. The model's own name stands in the
# address of links to other pages, which is text.
LIVE = f"""[...document.querySelectorAll('a, image, img, iframe, use, b, strong, em, i, s, del, code, '
        + '.katex, [style*="font-weight: bold"], [style*="font-style"], sup, sub')].filter(element => {{
    const link = element.getAttribute('href') || element.getAttribute('xlink:href')
    const source = element.getAttribute('src') || ''
    const leaves = link !== null && new URL(link, location).hostname !== location.hostname
    const marked = ['x', 'bold', 'y', 's', 'z', 'e', 'f', 'c', 'r', 'data', 'model', 'link', 'l']
    return (leaves && link.includes('{HOST}')) || source.includes('{HOST}')
        || (marked.includes(element.textContent.trim()) && !element.children.length)
}}).map(element => element.outerHTML.slice(0, 300))"""


def unharmed(page: Page) -> None:
    painted(page)
    assert page.evaluate(LIVE) == []


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    make_hostile_bundle(folder / FOLDER)
    images = [png(simulate("malignant", np.random.default_rng(number // 2)).image) for number in range(4)]
    make_hostile_folder(folder / "data", images)
    with serve(MODEL=f"{folder / FOLDER},models/phantom", DATA_DIR=str(folder / "data")) as address:
        yield address


def test_no_name_becomes_markup_on_any_page(hostile, session) -> None:
    session.goto(f"{hostile}/classify")
    painted(session)
    image = png(simulate("malignant", np.random.default_rng(5)).image)
    upload = {"name": FILE.replace("\x1b", "").replace("\x07", "") + ".png", "mimeType": "image/png"}
    session.locator("input[type=file]").set_input_files(upload | {"buffer": image})
    expect(session.get_by_role("heading", name="Predicted class")).to_be_visible()
    unharmed(session)
    # Hovers are drawn when the pointer comes.
    session.get_by_test_id("stPlotlyChart").first.locator(".point path").first.hover(force=True)
    unharmed(session)
    for name, title in PAGES.items():
        session.get_by_test_id("stSidebar").get_by_role("link", name=name, exact=True).click()
        expect(session.get_by_role("heading", level=1)).to_contain_text(title)
        painted(session)
        assert session.get_by_text(f"www.{HOST}").count() or session.get_by_text(f"www\u2060.{HOST}").count()
        unharmed(session)
    # A chart's own texts are complete: what a visitor reads is the name.
    session.get_by_test_id("stSidebar").get_by_role("link", name="Confusion matrix").click()
    expect(session.get_by_role("heading", level=1)).to_contain_text("Confusion matrix")
    painted(session)
    ticks = session.locator(".ytick text, .y2tick text").all_text_contents()
    assert f"{CLASSES[0][:23]}…" in ticks
