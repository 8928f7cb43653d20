"""No image stands broken, however fast a visitor goes from page to page."""

import io

import numpy as np
import pytest
from browser import IMAGES, IN_CHROMIUM, MISSING, settled
from PIL import Image
from playwright.sync_api import Page, Response, expect

from core.data.phantom.simulate import simulate

pytestmark = IN_CHROMIUM
ROUNDS = 3
WITH_IMAGES = ("Classify", "Augmentation", "Confusion matrix")
# Images of the page, in the cards' shadow roots too.
SHOWN = """(() => {
    const all = root => [...root.querySelectorAll('*')].flatMap(
        node => node.shadowRoot ? [node, ...all(node.shadowRoot)] : [node])
    return all(document.querySelector('[data-testid="stMain"]'))
        .filter(node => node instanceof HTMLImageElement).map(image => image.src)
})()"""


def upload(seed: int) -> dict:
    file = io.BytesIO()
    Image.fromarray(simulate("malignant", np.random.default_rng(seed)).image).save(file, "PNG")
    return {"name": f"{seed}.png", "mimeType": "image/png", "buffer": file.getvalue()}


def follow(page: Page, title: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=title).click()


@pytest.mark.slow
def test_no_image_is_broken_after_pages_that_were_left_at_once(session, address) -> None:
    failed: list[str] = []

    def note(response: Response) -> None:
        if IMAGES in response.url and not response.ok:
            failed.append(response.url)

    session.on("response", note)
    session.goto(f"{address}/classify?model=phantom")  # it has test images
    session.locator("input[type=file]").first.set_input_files([upload(seed) for seed in range(3)])
    session.wait_for_function(f"{SHOWN}.length > 0")
    for last in WITH_IMAGES:
        for _ in range(ROUNDS):
            for title in WITH_IMAGES:  # none has time to come to its end
                follow(session, title)
        follow(session, last)
        expect(session.get_by_role("heading", level=1)).to_have_text(last)
        settled(session)
        session.wait_for_function(f"{SHOWN}.length > 0 && {MISSING}.length === 0")
        shown = session.evaluate(SHOWN)
        assert not set(shown) & set(failed)
