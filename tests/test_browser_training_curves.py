"""Training curves in a browser: the replay moves by itself, by key, and into the address."""

import re

import pytest
from browser import CHROMIUM, chromium, serve, settled, visitor
from playwright.sync_api import expect

from core.manifest import HISTORY
from core.models import FOLDER
from core.tables import read_csv

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
# Notes every epoch that comes to be shown: each is soon over.
WATCH = """() => {
    window.seen = [];
    const look = () => {
        const shown = document.body.innerText.match(/Epoch (\\d+) of 40/);
        if (shown && window.seen.at(-1) !== Number(shown[1])) window.seen.push(Number(shown[1]));
        requestAnimationFrame(look);
    };
    look();
}"""


def test_the_replay_plays_to_the_end_steps_by_key_and_can_be_linked_to() -> None:
    with (
        serve() as address,
        chromium() as browser,
        visitor(browser, viewport={"width": 1280, "height": 900}) as (page, wrong),
    ):
        page.goto(f"{address}/training_curves?epoch=30&speed=5")
        expect(page.get_by_text("Epoch 30 of 40")).to_be_visible()
        settled(page)
        page.evaluate(WATCH)
        page.keyboard.press("p")
        expect(page.get_by_text("Epoch 40 of 40")).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("^Play"))).to_be_visible()
        seen = page.evaluate("window.seen")
        assert seen == sorted(seen)
        assert seen[0] == 30
        assert len(seen) > 2
        page.keyboard.press("b")
        expect(page.get_by_text("Epoch 39 of 40")).to_be_visible()
        expect(page).to_have_url(re.compile(r"epoch=39\b"))
        expect(page.get_by_text("called in epoch 39")).to_be_visible()
        page.get_by_role("slider", name="Epoch").focus()
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_text("Epoch 38 of 40")).to_be_visible()
        expect(page).to_have_url(re.compile(r"epoch=38\b"))
        with page.expect_download() as coming:
            page.get_by_role("button", name="All epochs as CSV").click()
        table = read_csv(coming.value.path())
        own = read_csv(FOLDER / "phantom" / HISTORY)
        assert table.loc[table["run"] == "phantom", "val_loss"].tolist() == own["val_loss"].tolist()
        sidebar = page.get_by_test_id("stSidebar")
        sidebar.get_by_role("link", name="Home").click()
        expect(page.get_by_role("heading", name="Breast ultrasound classifier")).to_be_visible()
        sidebar.get_by_role("link", name="Training curves").click()
        expect(page.get_by_text("Epoch 38 of 40")).to_be_visible()
        assert not wrong
