"""The static page's main path in Chromium: choose an image, read its prediction, look at the other pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from browser import IN_CHROMIUM, visitor
from image_files import encoded
from PIL import Image
from playwright.sync_api import expect
from sites import choose, opened, rows, served, write_site

from core.bundle.folder import open_bundle
from core.data.phantom.simulate import simulate
from core.images.decode import decode
from core.inference.classifier import Classifier
from core.site.shell import PAGES

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = IN_CHROMIUM


def test_an_image_is_classified_as_in_the_app_and_every_page_opens(
    browser: Browser, made: Path, tmp_path: Path
) -> None:
    image = encoded(Image.fromarray(simulate("malignant", np.random.default_rng(5)).image))
    expected = Classifier(open_bundle(made / "tiny")).classify(decode(image, "").pixels)
    site = write_site(made / "tiny", tmp_path / "site")
    with served(site) as address, visitor(browser) as page:
        opened(page, address)
        choose(page, {"mine.png": image})
        expect(page.locator("#predicted")).to_have_text(f"Predicted class: {expected.predicted_class}")
        (row,) = rows(page)
        for name, probability in expected.probabilities.items():
            assert row[f"p_{name}"] == pytest.approx(probability, abs=1e-5)
        for other in PAGES[1:]:
            page.get_by_role("link", name=other.title).click()
            expect(page.get_by_role("heading", level=1)).to_have_text(other.title)
            for problem in page.locator("#problem").all():
                expect(problem).to_be_hidden()
