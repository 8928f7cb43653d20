"""You against the model in a browser: a game by keyboard alone, the time limit, another page between."""

import re

import pandas as pd
import pytest
from browser import IN_CHROMIUM, painted, settled, visitor
from layout_shift import SIZES
from playwright.sync_api import Locator, Page, expect

from core.bundle.folder import open_bundle
from core.serving import blinded_set
from core.serving.catalog import FOLDER

pytestmark = IN_CHROMIUM
PAGE = "you_against_the_model?model=phantom&images=10"
CLASSES = ("benign", "malignant", "normal")


def truth() -> list[str]:
    """The true classes of the set, as it is drawn from the test images in the bundle."""
    bundle = open_bundle(FOLDER / "phantom")
    images = blinded_set.of_test_set(bundle, bundle.test_images())
    return blinded_set.draw(images, 1, 10)["true_class"].tolist()


def status(page: Page) -> Locator:
    """What a screen reader is told."""
    return page.get_by_role("status").and_(page.locator(".status"))


def open_page(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    painted(page)


def start(page: Page) -> None:
    """Start with Enter, since the focus is nowhere."""
    page.keyboard.press("Enter")
    expect(page.get_by_role("img", name="Image 1 of 10, its class not shown")).to_be_visible()


def test_a_whole_game_by_keyboard_alone_ends_with_a_link_and_a_csv(session, address) -> None:
    classes = truth()
    open_page(session, f"{address}/{PAGE}")
    start(session)
    expect(status(session)).to_have_text("Image 1 of 10.")
    before = session.locator(".st-key-game_place").bounding_box()
    # The first one wrong, then back and right; letters and numbers; a key that is held answers once.
    wrong = "n" if classes[0] != "normal" else "b"
    for _ in range(3):
        session.keyboard.down(wrong)
    session.keyboard.up(wrong)
    expect(status(session)).to_contain_text("Image 2 of 10.")
    session.keyboard.press("ArrowLeft")
    expect(status(session)).to_have_text("Image 1 of 10.")
    expect(session.locator(".answers [aria-pressed=true]")).to_have_count(1)
    for number, name in enumerate(classes[:-1], 1):
        session.keyboard.press(name[0].upper() if number % 2 else str(CLASSES.index(name) + 1))
        expect(status(session)).to_have_text(f"Image {number}: {name}. Image {number + 1} of 10.")
    assert session.locator(".st-key-game_place").bounding_box() == before
    session.keyboard.press("b")
    result = session.get_by_role("button", name="See the result")
    expect(result).to_be_focused()
    session.keyboard.press("Enter")
    right = 9 + (classes[-1] == "benign")
    told = session.get_by_role("status").filter(has_text="You:")
    expect(told).to_contain_text(f"You: {right} of 10 correct")
    expect(session).to_have_url(re.compile(r"&result=[0-9a-f]{8}\.[1-3]{10}\.[0-9a-z]{30}$"))
    painted(session)
    with session.expect_download() as coming:
        session.get_by_test_id("stDownloadButton").get_by_role("button").press("Enter")
    assert re.fullmatch(
        r"you_against_the_model_[0-9a-f]{8}_[0-9a-f]{8}\.csv", coming.value.suggested_filename
    )
    table = pd.read_csv(coming.value.path())
    assert table["true_class"].tolist() == classes
    assert table["your_answer"].tolist() == [*classes[:-1], "benign"]
    assert (table["seconds"] < 600).all()
    session.reload()
    expect(told).to_contain_text(f"You: {right} of 10 correct")


@pytest.mark.slow
def test_when_the_time_is_up_the_next_image_comes_without_an_answer(browser, address) -> None:
    with visitor(browser) as page:
        open_page(page, f"{address}/{PAGE}&limit=10")
        page.clock.install()  # the time of the page alone
        start(page)
        expect(page.locator(".left")).to_have_text("10 s")
        page.keyboard.press("m")
        expect(status(page)).to_have_text("Image 1: malignant. Image 2 of 10.")
        page.clock.fast_forward(6_000)
        expect(status(page)).to_have_text("5 seconds left")
        page.clock.fast_forward(5_000)
        expect(status(page)).to_have_text("Time is up: no answer to image 2. Image 3 of 10.")
        # Back over the image without time, to the one that had some left.
        page.keyboard.press("ArrowLeft")
        expect(status(page)).to_have_text("Image 1 of 10.")
        page.clock.fast_forward(11_000)
        expect(status(page)).to_have_text("Image 3 of 10.")
        for number in range(3, 11):
            page.clock.fast_forward(11_000)
            expect(status(page)).to_contain_text(f"Time is up: no answer to image {number}. ")
        expect(page.get_by_text("All 10 images are done, 9 without an answer.")).to_be_visible()
        page.get_by_role("button", name="See the result").click()
        expect(page.get_by_text("to 0 of the 1 image with an answer")).to_be_visible()


@pytest.mark.slow
def test_a_visit_to_another_page_loses_no_answer(session, address) -> None:
    open_page(session, f"{address}/{PAGE}")
    start(session)
    for key in "bm":
        session.keyboard.press(key)
    expect(status(session)).to_contain_text("Image 3 of 10.")
    sidebar = session.get_by_test_id("stSidebar")
    sidebar.get_by_role("link", name="Training curves").click()
    expect(session.get_by_role("heading", name="Training curves", exact=True)).to_be_visible()
    settled(session)
    sidebar.get_by_role("link", name="You vs. the model").click()
    session.get_by_role("button", name="Continue with image 3").click()
    session.keyboard.press("ArrowLeft")
    expect(session.locator(".answers [aria-pressed=true]")).to_contain_text("malignant")


@pytest.mark.slow
def test_on_a_phone_all_of_it_stands_on_the_screen(browser, address) -> None:
    width, height = SIZES["phone"]
    with visitor(browser, viewport={"width": width, "height": height}, has_touch=True) as page:
        open_page(page, f"{address}/{PAGE}")
        button = page.get_by_role("button", name="Start", exact=True)
        line = page.get_by_text("Not a medical device:").bounding_box()
        box = button.bounding_box()
        assert line
        assert box
        assert box["y"] + box["height"] <= line["y"]
        button.click()
        for name in CLASSES:
            button = page.get_by_role("button", name=name)
            expect(button).to_be_enabled()
            box = button.bounding_box()
            assert box
            assert box["y"] + box["height"] <= height
        page.get_by_role("button", name="benign").click()
        expect(page.get_by_role("img", name="Image 2 of 10, its class not shown")).to_be_visible()
