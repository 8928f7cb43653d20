"""A clip in a browser: uploaded, opened at a frame by a click and by keys, without a jump."""

import pytest
from browser import CHROMIUM, painted, visitor
from clips import sweep, video
from layout_shift import MOST_SHIFT, WATCH
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


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
