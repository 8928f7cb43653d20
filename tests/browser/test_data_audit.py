"""Home's way to Classify, and the data audit's own view, in a browser."""

import re
from functools import partial

import pytest
from browser import CHROMIUM, pictured, press, serve, visitor
from playwright.sync_api import expect

from core.data.phantom.dataset import write_dataset

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


def test_upload_yours_the_audit_of_data_dir_and_a_link_to_a_split(browser, tmp_path) -> None:
    folder = tmp_path / "my images"
    write_dataset(folder, counts={"benign": 5, "malignant": 5})
    with (
        serve(DATA_DIR=str(folder)) as address,
        visitor(browser, viewport={"width": 1280, "height": 900}) as page,
    ):
        page.goto(address)
        pictured(page)
        page.get_by_role("button", name="Upload yours").click()
        expect(page).to_have_url(re.compile("/classify$"))
        pictured(page)
        sidebar = page.get_by_test_id("stSidebar")
        sidebar.get_by_role("link", name="Data audit").click()
        # Nobody asks again: the page comes back by itself when the audit is done.
        expect(page.get_by_text("Images: the folder my images")).to_be_visible()
        expect(page.get_by_text("conflicting labels").first).to_be_visible()
        pictured(page)
        page.get_by_role("radio", name="By group").click()
        expect(page.get_by_text("No near-duplicate of a test image was found in training.")).to_be_visible()
        view = re.compile("split=By.group.*split_number=2")
        press(page, "n", partial(expect(page).to_have_url, view))
        pictured(page)
        sidebar.get_by_role("link", name="Classify").click()
        expect(page.get_by_role("heading", name="Classify", exact=True)).to_be_visible()
        pictured(page)
        sidebar.get_by_role("link", name="Data audit").click()
        expect(page).to_have_url(view)
        expect(page.get_by_role("spinbutton", name="Split number")).to_have_value("2")
        expect(page.get_by_role("radio", name="By group")).to_be_checked()
        pictured(page)
