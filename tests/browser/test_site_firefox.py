"""The static page in Firefox: the same pixels, the same predictions, and offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import image_formats
import numpy as np
import pytest
from firefox import FIREFOX, Firefox, firefox
from image_files import encoded
from page_modules import page_with
from paths import ROOT
from PIL import Image
from sites import served

from core.bundle.folder import open_bundle
from core.data.phantom.simulate import CLASSES, simulate
from core.images.decode import decode
from core.inference.classifier import Classifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(FIREFOX is None, reason="no Firefox on this machine"),
]
# Firefox mixes colours and opacity of such a file.
REFUSED = ("lossless alpha.webp",)


class Tab:
    """A tab of Firefox as Playwright would have one."""

    def __init__(self, driven: Firefox) -> None:
        self.goto, self.evaluate = driven.open, driven.evaluate

    def new_page(self) -> Tab:
        return self

    def close(self) -> None:
        """Stay open."""


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[Firefox]:
    with firefox(tmp_path) as driven:
        yield driven


def test_every_format_is_decoded_and_fitted_as_the_app_does(tab: Firefox) -> None:
    files = {**image_formats.made(), **dict(image_formats.real())}
    fittings = [fitting.model_dump() for fitting in image_formats.fittings()]
    browser: Any = Tab(tab)
    with page_with(browser, list(files.values())) as page:
        found = page.evaluate(image_formats.DECODE, [len(files), image_formats.site(), fittings])
    for name, one in zip(files, found, strict=True):
        if name in REFUSED:
            assert one["error"].startswith("unusual")
        else:
            assert one == image_formats.decoded(name, files[name]), name


def test_it_predicts_as_the_app_does_and_without_a_network(tab: Firefox, phantom_site, tmp_path) -> None:
    paths = []
    for seed, label in enumerate(CLASSES):
        paths.append(tmp_path / f"{label}.png")
        image = simulate(label, np.random.default_rng(seed)).image
        paths[-1].write_bytes(encoded(Image.fromarray(image)))
    classifier = Classifier(open_bundle(ROOT / "models" / "phantom"))
    expected = [
        [
            f"{value:.3f}"
            for value in classifier.classify(decode(path.read_bytes(), "")[0]).probabilities.values()
        ]
        for path in paths
    ]

    def predicted() -> list[list[str]]:
        tab.open(address)
        tab.wait("document.body.dataset.ready")
        tab.choose("files", paths)
        tab.wait("document.querySelectorAll('#table tbody tr').length === 3")
        texts = "[...row.querySelectorAll('td')].slice(1, 4).map((cell) => cell.textContent)"
        return tab.evaluate(f"() => [...document.querySelectorAll('#table tbody tr')].map((row) => {texts})")

    with served(phantom_site) as address:
        assert predicted() == expected
        tab.wait("window.caches")
        tab.evaluate("""async () => {
            const names = (await (await fetch("sw.js")).text()).match(/^const FILES = (.*)$/m)[1];
            for (const name of JSON.parse(names)) {
                const found = () => caches.match(new URL(name, document.baseURI).href);
                while (!(await found())) await new Promise((resolve) => setTimeout(resolve, 50));
            }
        }""")
    assert predicted() == expected  # nobody answers any more
