"""Classify in a browser: folders, the clipboard, the tabs, and what the address keeps."""

import base64
import re

import numpy as np
import pytest
from browser import CHROMIUM, settled
from playwright.sync_api import expect
from visit import png

from core.data.phantom.simulate import simulate

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
COPY = """async (data) => {
    const blob = await (await fetch("data:image/png;base64," + data)).blob()
    await navigator.clipboard.write([new ClipboardItem({"image/png": blob})])
}"""


def image(seed: int) -> bytes:
    return png(simulate("malignant", np.random.default_rng(seed)).image)


def test_a_folder_is_taken_whole_but_for_its_masks(session, address, tmp_path) -> None:
    for number in (1, 2):
        folder = tmp_path / "images" / f"clinic {number}"
        folder.mkdir(parents=True)
        (folder / "scan.png").write_bytes(image(number))
        (folder / "scan_mask.png").write_bytes(image(number + 10))
        (folder / "notes.txt").write_text("no image")
    session.goto(f"{address}/classify?from=Folder")
    session.locator("input[type=file]").set_input_files(tmp_path / "images")
    expect(session.get_by_text("2 segmentation mask(s) in the folder were passed over")).to_be_visible()
    expect(session.get_by_role("region", name="The model's answers for 2 image(s)")).to_be_visible()


def test_a_pasted_image_is_classified(session, address) -> None:
    session.goto(f"{address}/classify")
    expect(session.get_by_text("Or paste an image")).to_be_visible()
    settled(session)
    session.evaluate(COPY, base64.b64encode(image(3)).decode())
    session.keyboard.press("Control+V")
    expect(session.get_by_role("img", name=re.compile(r"as the network saw it"))).to_be_visible()


def test_the_address_keeps_the_view(session, address) -> None:
    session.goto(f"{address}/classify?opacity=35&seed=2")
    session.get_by_role("button", name="Malignant", exact=True).click()
    session.get_by_role("radio", name="Occlusion").click()
    expect(session.get_by_text("A square of 12 × 12 pixels")).to_be_visible()
    session.get_by_role("tab", name="Under augmentation").click()
    expect(session.get_by_text(re.compile("The most probable class stayed"))).to_be_visible()
    session.keyboard.press("d")
    expect(session).to_have_url(re.compile("seed=3"))
    for part in ("map=Occlusion", "opacity=35", r"tab=Under\+augmentation"):
        expect(session).to_have_url(re.compile(part))
    sidebar = session.get_by_test_id("stSidebar")
    sidebar.get_by_role("link", name="Home").click()
    expect(session.get_by_role("heading", name="Breast ultrasound classifier")).to_be_visible()
    sidebar.get_by_role("link", name="Classify").click()
    expect(session.get_by_role("tab", name="Under augmentation", selected=True)).to_be_visible()
    for part in ("map=Occlusion", "opacity=35", "seed=3"):
        expect(session).to_have_url(re.compile(part))
