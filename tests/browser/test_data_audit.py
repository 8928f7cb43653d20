"""The data audit step by step in a browser, at three sizes, and on a folder of one's own."""

import re
from functools import partial

import pytest
from browser import IN_CHROMIUM, SlowNetwork, painted, pictured, press, serve, settled, visitor
from layout_shift import MOST_SHIFT, SIZES, WATCH
from playwright.sync_api import Locator, Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from core.data.phantom.dataset import write_dataset
from pages.components.data_audit.steps import STEPS

pytestmark = IN_CHROMIUM
# Whether the page's style has come.
STYLED = (
    "getComputedStyle(document.querySelector('.st-key-sheet_handle')).display === 'none' || innerWidth < 641"
)
# Pixels by which the page scrolls.
SCROLLS = """() => {
  const main = document.querySelector('[data-testid="stMain"]')
  return main.scrollHeight - main.clientHeight
}"""
# Whether something reaches beyond the page's right edge.
WIDER = """() => {
  const main = document.querySelector('[data-testid="stMain"]')
  return main.scrollWidth > main.clientWidth + 1
}"""


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", name=text, exact=True)).to_be_visible()


def onward(page: Page) -> Locator:
    return page.locator(".st-key-step_buttons").get_by_role("button", name="Next")


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_seven_steps_one_screen_each(browser, address, size) -> None:
    width, height = SIZES[size]
    with visitor(browser, viewport={"width": width, "height": height}) as page:
        page.goto(f"{address}/data_audit")
        for number, step in enumerate(STEPS):
            heading(page, step.heading)
            painted(page)
            page.wait_for_function(STYLED)
            box = page.locator(".st-key-main_object").bounding_box()
            assert box
            assert box["y"] <= 420, step.name
            bottom = page.get_by_test_id("stBottom").bounding_box()
            ways = page.locator(".st-key-step_buttons").bounding_box()
            assert bottom
            assert ways
            assert ways["y"] >= bottom["y"]  # below what is looked at, not over it
            if size == "desktop":  # all of it is in the first screen, above the line that always stays
                assert box["y"] + box["height"] <= bottom["y"], step.name
                assert page.evaluate(SCROLLS) == 0, step.name
            assert not page.evaluate(WIDER), step.name
            if number < len(STEPS) - 1:
                onward(page).click()
        expect(onward(page)).to_be_disabled()


@pytest.mark.slow
def test_a_quiz_a_comparison_and_the_ways_between_steps(browser, address) -> None:
    with visitor(browser, viewport={"width": 1440, "height": 900}) as page:
        page.goto(f"{address}/data_audit?step=files")
        heading(page, "Images, masks, or both?")
        page.get_by_role("button", name="File 1", exact=False).first.click()
        expect(page.get_by_text("Chosen: 1 of the 6 masks.")).to_be_visible()
        press(page, "j", partial(expect(page).to_have_url, re.compile("step=errors")))
        heading(page, "The 90 %, file by file")
        press(page, "k", partial(expect(page).to_have_url, re.compile("step=files")))
        page.get_by_text("Show which are masks").click()
        expect(page.get_by_text("You chose 1 of 6 masks and 0 images.")).to_be_visible()
        page.get_by_role("radio", name="6 Duplicates").click()
        heading(page, "The near-duplicates")
        pictured(page)
        page.get_by_role("group", name="Near-duplicates").first.get_by_role("button").first.click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("listitem")).to_have_count(2)
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        page.go_back()
        heading(page, "Images, masks, or both?")


def test_the_audit_of_data_dir_and_a_link_to_a_split(browser, tmp_path) -> None:
    folder = tmp_path / "my images"
    write_dataset(folder, counts={"benign": 5, "malignant": 5})
    with (
        serve(DATA_DIR=str(folder)) as address,
        visitor(browser, viewport={"width": 1280, "height": 900}) as page,
    ):
        page.add_init_script(WATCH)
        page.goto(f"{address}/data_audit?step=duplicates")
        expect(page.get_by_text(re.compile("^Images: "))).to_be_visible()
        painted(page)
        page.evaluate("window.shift = 0")
        # Nobody asks again: the page comes back by itself when the audit is done.
        expect(page.get_by_text("Images: the folder my images")).to_be_visible()
        expect(page.get_by_text("conflicting labels").first).to_be_visible()
        pictured(page)
        assert page.evaluate("window.shift") <= MOST_SHIFT
        page.locator(".st-key-step_buttons").get_by_role("button", name="Back").click()
        page.get_by_role("radio", name="By group").click()
        expect(page.get_by_text("No near-duplicate of a test image was found in training.")).to_be_visible()
        view = re.compile("split=By.group.*split_number=2")
        press(page, "n", partial(expect(page).to_have_url, view))
        pictured(page)
        sidebar = page.get_by_test_id("stSidebar")
        sidebar.get_by_role("link", name="Classify").click()
        expect(page.get_by_role("heading", name="Classify", exact=True)).to_be_visible()
        pictured(page)
        sidebar.get_by_role("link", name="Data audit").click()
        expect(page).to_have_url(view)
        expect(page.get_by_role("spinbutton", name="Split number")).to_have_value("2")
        expect(page.get_by_role("radio", name="By group")).to_be_checked()
        # The other steps keep their view too.
        page.get_by_role("radio", name="1 Numbers").click()
        heading(page, "How many images?")
        page.get_by_role("radio", name="5 Try it").click()
        expect(page.get_by_role("radio", name="By group")).to_be_checked()
        expect(page).to_have_url(view)
        pictured(page)


def at_the_end(message: ForwardMsg) -> bool:
    """Return whether a message takes the controls of the step out of the address, or out of the page."""
    if message.HasField("page_info_changed"):
        return "split" not in message.page_info_changed.query_string
    return message.HasField("script_finished")


@pytest.mark.parametrize("step", ["5 Try it", "7 Checklist"])
def test_a_step_left_and_opened_again_faster_than_the_network_keeps_its_values(
    browser, address, step
) -> None:
    with visitor(browser) as page:
        network = SlowNetwork(page)
        page.goto(f"{address}/data_audit")
        page.get_by_role("radio", name=step).click()
        if step == "5 Try it":
            control = page.get_by_role("radio", name="By group")
            control.click()
            shows = page.get_by_text("No near-duplicate of a test image was found in training.")
        else:
            control = page.get_by_role("checkbox", name="What was counted?")
            page.get_by_text("What was counted?").click()
            shows = page.get_by_text(re.compile("^1 of "))
        expect(shows).to_be_visible()
        settled(page)
        network.hold(at_the_end)
        page.get_by_role("radio", name="2 Files").click()
        network.wait_for_run()
        page.get_by_role("radio", name=step).click()
        network.deliver()
        expect(page.get_by_role("radio", name="2 Files")).not_to_be_checked()
        expect(control).to_be_visible()
        settled(page)
        expect(control).to_be_checked()
        expect(shows).to_be_visible()
