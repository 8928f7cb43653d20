"""A clip in a browser: uploaded, opened at a frame by a click without a jump, and by keyboard alone."""

import re

import numpy as np
import pytest
from browser import IN_CHROMIUM, painted, settled, visitor
from clips import sweep, video
from layout_shift import MOST_SHIFT, WATCH
from playwright.sync_api import expect
from visit import png

from core.data.phantom.simulate import simulate

pytestmark = IN_CHROMIUM


@pytest.mark.slow
def test_a_click_on_the_chart_a_key_and_a_frame_open_it(browser, address) -> None:
    with visitor(browser, viewport={"width": 1440, "height": 900}) as page:
        page.add_init_script(WATCH)
        page.goto(f"{address}/classify?model=phantom")
        expect(
            page.get_by_text("Upload images (at most 20 MB each) or clips (100 MB, 600 frames)")
        ).to_be_visible()
        page.locator("input[type=file]").set_input_files(
            {"name": "loop.mp4", "mimeType": "video/mp4", "buffer": video(sweep(20))}
        )
        expect(page.get_by_text("One lesion, not 20.")).to_be_visible()
        expect(page.get_by_alt_text("loop.mp4, frame 1 of 20 as the network saw it")).to_be_visible()
        painted(page)
        page.evaluate("window.shift = 0")
        plot = page.locator(".st-key-main_object .nsewdrag").first
        width, height = plot.bounding_box()["width"], plot.bounding_box()["height"]
        # Frame 10, anywhere above or below its points.
        plot.click(position={"x": width * 9.5 / 20, "y": height / 2})
        expect(page.get_by_alt_text("loop.mp4, frame 10 of 20 as the network saw it")).to_be_visible()
        painted(page)
        page.get_by_role("slider", name="Frame").press("ArrowRight")
        expect(page.get_by_alt_text("loop.mp4, frame 11 of 20 as the network saw it")).to_be_visible()
        painted(page)
        surest = page.get_by_role("group", name="Most sure frames").get_by_role("button").first
        number = int(surest.inner_text().split()[1])
        surest.click()
        expect(page.get_by_alt_text(f"loop.mp4, frame {number} of 20 as the network saw it")).to_be_visible()
        expect(page.get_by_role("heading", name=f"Frame {number} of 20")).to_be_visible()
        painted(page)
        assert page.evaluate("window.shift") <= MOST_SHIFT


def test_a_clip_is_chosen_and_gone_through_by_keyboard_alone(session, address) -> None:
    session.goto(f"{address}/classify?model=phantom")
    upload = session.get_by_test_id("stFileUploaderDropzone").get_by_role("button").last
    painted(session)
    with session.expect_file_chooser() as coming:
        upload.press("Enter")
    scan = png(simulate("malignant", np.random.default_rng(3)).image)
    coming.value.set_files(
        [
            {"name": "loop.mp4", "mimeType": "video/mp4", "buffer": video(sweep(9))},
            {"name": "scan.png", "mimeType": "image/png", "buffer": scan},
        ]
    )
    expect(session.get_by_alt_text("scan.png as the network saw it")).to_be_visible()
    painted(session)
    session.get_by_role("radiogroup", name="2 images, one of them selected").get_by_role("radio").nth(
        1
    ).focus()
    session.keyboard.press("ArrowLeft")
    large = session.get_by_role("list", name="Selected image").get_by_role("img")
    expect(large).to_have_accessible_name(re.compile("^loop.mp4, frame 1 of 9 as the network saw it"))
    expect(session.get_by_text("One lesion, not 9.")).to_be_visible()
    painted(session)
    # The slider chooses what a click on the chart does.
    slider = session.get_by_role("slider", name="Frame")
    slider.focus()
    for key, number in (("ArrowRight", 2), ("End", 9), ("ArrowLeft", 8)):
        session.keyboard.press(key)
        expect(session.get_by_role("heading", name=f"Frame {number} of 9: ")).to_be_visible()
        settled(session)
        expect(slider).to_be_focused()
    expect(session.get_by_role("figure", name="frame 8 is chosen")).to_be_attached()
    session.get_by_role("radio", name="Saliency").focus()
    session.keyboard.press("ArrowRight")
    session.keyboard.press("Space")
    expect(large).to_have_accessible_name(re.compile("^loop.mp4, frame 8 of 9 .* the occlusion map of "))
