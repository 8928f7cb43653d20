"""Training curves in a browser: the replay moves by itself, by key, and into the address."""

import re

import pytest
from browser import IN_CHROMIUM, painted, press, visitor
from layout_shift import SIZES
from layout_shift import WATCH as WATCH_SHIFTS
from playwright.sync_api import expect

from core.bundle.manifest import HISTORY
from core.bundle.tables import read_csv
from core.serving.catalog import FOLDER

pytestmark = IN_CHROMIUM
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


def test_the_replay_plays_to_the_end_steps_by_key_and_can_be_linked_to(session, address) -> None:
    session.goto(f"{address}/training_curves?model=phantom&epoch=30&speed=5")
    expect(session.get_by_text("Epoch 30 of 40")).to_be_visible()
    painted(session)
    session.evaluate(WATCH)
    press(session, "p", expect(session.get_by_role("button", name=re.compile("^Pause"))).to_be_visible)
    expect(session.get_by_text("Epoch 40 of 40")).to_be_visible()
    expect(session.get_by_role("button", name=re.compile("^Play"))).to_be_visible()
    seen = session.evaluate("window.seen")
    assert seen == sorted(seen)
    assert seen[0] == 30
    assert len(seen) > 2
    press(session, "b", expect(session.get_by_text("Epoch 39 of 40")).to_be_visible)
    expect(session).to_have_url(re.compile(r"epoch=39\b"))
    expect(session.get_by_text("Epoch 39 · 180 validation images")).to_be_visible()
    session.get_by_role("slider", name="Epoch").focus()
    session.keyboard.press("ArrowLeft")
    expect(session.get_by_text("Epoch 38 of 40")).to_be_visible()
    expect(session).to_have_url(re.compile(r"epoch=38\b"))
    with session.expect_download() as coming:
        session.get_by_role("button", name="All epochs as CSV").click()
    table = read_csv(coming.value.path())
    own = read_csv(FOLDER / "phantom" / HISTORY)
    assert table.loc[table["run"] == "phantom", "val_loss"].tolist() == own["val_loss"].tolist()
    # The browser's own Back leads through what was looked at: a training that plays leaves one entry.
    for epoch in (39, 40):
        session.go_back()
        expect(session.get_by_text(f"Epoch {epoch} of 40")).to_be_visible()
    press(session, "b", expect(session.get_by_text("Epoch 39 of 40")).to_be_visible)
    press(session, "b", expect(session.get_by_text("Epoch 38 of 40")).to_be_visible)
    expect(session).to_have_url(re.compile(r"epoch=38\b"))
    sidebar = session.get_by_test_id("stSidebar")
    sidebar.get_by_role("link", name="Home").click()
    expect(session.get_by_role("heading", name="Breast ultrasound classifier")).to_be_visible()
    sidebar.get_by_role("link", name="Training curves").click()
    expect(session.get_by_text("Epoch 38 of 40")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_nothing_moves_while_it_plays_beside_all_runs(browser, address, size) -> None:
    width, height = SIZES[size]
    with visitor(browser, viewport={"width": width, "height": height}) as page:
        page.add_init_script(WATCH_SHIFTS)
        page.goto(f"{address}/training_curves?model=phantom&epoch=8&speed=10")
        expect(page.get_by_text("Epoch 8 of 40")).to_be_attached()
        painted(page)
        if size == "phone":
            page.get_by_text("Controls").click()
        page.get_by_role("button", name="Compare").click()
        page.get_by_role("button", name="Table 3 of the paper").click()
        expect(page).to_have_url(re.compile("Table"))
        expect(page.get_by_text("No loss known for Table 3 of the paper.")).to_be_attached()
        page.keyboard.press("Escape")
        painted(page)
        charts = page.get_by_test_id("stPlotlyChart")
        expect(charts).to_have_count(3)
        tops = [chart.bounding_box()["y"] for chart in charts.all()]
        if size == "desktop":  # side by side
            assert len(set(tops)) == 1
        page.evaluate("window.shift = 0")
        page.get_by_role("button", name="Play").click()
        expect(page.get_by_text("Epoch 40 of 40")).to_be_attached()
        painted(page)
        assert page.evaluate("window.shift") < 0.01
        assert [chart.bounding_box()["y"] for chart in charts.all()] == tops
