"""What only a browser shows: real uploads, links between pages, clicks on a chart, the console."""

import io
import re
import socket
from pathlib import Path

import numpy as np
import onnx
import pytest
from browser import COMPLETE, IN_CHROMIUM, painted, pictured, serve, visitor
from bundles import make_bundle
from graphs import never_end
from PIL import Image
from playwright.sync_api import Page, expect
from visit import REAL, SECOND

from core.bundle.manifest import MODEL
from core.data.phantom.simulate import simulate

pytestmark = IN_CHROMIUM
PAGES = {
    "Classify": "/classify",
    "Augmentation": "/augmentation",
    "Training curves": "/training_curves",
    "Confusion matrix": "/confusion_matrix",
    "You against the model": "/you_against_the_model",
    "Data audit": "/data_audit",
}
SHORT = {"You against the model": "You vs. the model"}


def image() -> dict:
    file = io.BytesIO()
    Image.fromarray(simulate("malignant", np.random.default_rng(7)).image).save(file, "PNG")
    return {"name": "from the browser.png", "mimeType": "image/png", "buffer": file.getvalue()}


def shows(page: Page, model: str) -> None:
    expect(page.get_by_test_id("stMain").get_by_text(f"Model {model} · ")).to_be_visible()
    # Everybody sees the first one: the address names another one.
    expect(page).to_have_url(re.compile(r"/$" if model == REAL else rf"model={model}$"))
    pictured(page)


def test_model_and_upload_follow_over_all_pages(session, address) -> None:
    session.goto(address)
    shows(session, REAL)
    sidebar = session.get_by_test_id("stSidebar")
    sidebar.get_by_role("radiogroup", name="Model").get_by_text(SECOND).click()
    shows(session, SECOND)
    sidebar.get_by_role("link", name="Classify").click()
    shows(session, SECOND)
    session.locator("input[type=file]").set_input_files(image())
    expect(session.get_by_role("heading", name="Predicted class")).to_be_visible()
    pictured(session)
    for title, path in PAGES.items():
        sidebar.get_by_role("link", name=SHORT.get(title, title)).click()
        expect(session.get_by_role("heading", name=title, exact=True)).to_be_visible()
        expect(session).to_have_url(re.compile(re.escape(path)))
        shows(session, SECOND)
        expect(session.get_by_text("Not a medical device")).to_be_in_viewport()
        if title == "Augmentation":
            expect(session.get_by_text("unchanged image, from the browser.png")).to_be_visible()
    sidebar.get_by_role("link", name="Classify").click()
    expect(session.get_by_role("heading", name="Predicted class")).to_be_visible()


def test_a_deep_link_opens_on_a_fresh_server(session) -> None:
    with serve() as address:
        session.goto(f"{address}/confusion_matrix?model={SECOND}")
        expect(session.get_by_role("heading", name="Confusion matrix", exact=True)).to_be_visible()
        shows(session, SECOND)
        painted(session)  # while the page comes, a click may be lost on a busy machine
        session.get_by_test_id("stSidebar").get_by_role("link", name="Home").click()
        expect(session.get_by_role("heading", name="Breast ultrasound classifier")).to_be_visible()
        shows(session, SECOND)


def test_home_paints_before_a_model_has_come_from_the_hub(session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hub:  # takes calls and never answers
        endpoint = f"http://127.0.0.1:{hub.getsockname()[1]}"
        with serve(MODEL="ann/slow", HF_ENDPOINT=endpoint) as address:
            session.goto(address)
            expect(session.get_by_text("Fetching the model")).to_be_visible()
            expect(session.get_by_role("heading", name="Breast ultrasound classifier")).to_be_visible()
            expect(session.get_by_text("Background")).to_be_visible()
            expect(session.get_by_role("img", name="Test image").first).to_be_visible()
            expect(session.get_by_text("Not a medical device")).to_be_in_viewport()
            session.wait_for_function(COMPLETE)


@pytest.mark.slow
def test_a_network_that_is_being_loaded_keeps_nobody_from_another_page(session, browser, tmp_path) -> None:
    def fill(folder: Path) -> None:
        model = onnx.load(folder / MODEL)
        never_end(model)  # its first answer belongs to the loading, and is given up after a minute
        onnx.save(model, folder / MODEL)

    make_bundle(tmp_path / "slow", fill=fill)
    said: list[str] = []
    with serve(said, MODEL=str(tmp_path / "slow")) as address:
        session.goto(f"{address}/classify")
        loading = session.get_by_text("Loading the network")
        expect(loading).to_be_visible()
        with visitor(browser) as other:
            other.goto(f"{address}/training_curves")
            shows(other, "slow")
            painted(other)
        expect(loading).to_be_visible()
        session.get_by_test_id("stSidebar").get_by_role("link", name="Training curves").click()
        shows(session, "slow")
        expect(loading).to_be_hidden()
        painted(session)
    assert any("model opened" in line for line in said)
    assert not any("network loaded" in line or "model refused" in line for line in said)


def test_a_wrong_file_gets_a_sentence(session, address) -> None:
    session.goto(f"{address}/classify")
    wrong = {"name": "notes.png", "mimeType": "image/png", "buffer": b"no image"}
    session.locator("input[type=file]").set_input_files(wrong)
    expect(
        session.get_by_text("notes.png is a text file, not a PNG, JPEG, BMP, TIFF, WebP, GIF or DICOM image")
    ).to_be_visible()
