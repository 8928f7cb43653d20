"""Static pages for the tests of them: written once, served for each test."""

import pytest
from browser import visitor
from paths import ROOT
from sites import opened, served, write_site


@pytest.fixture(scope="session")
def phantom_site(tmp_path_factory):
    """The folder of the site of the teaching model."""
    return write_site(ROOT / "models" / "phantom", tmp_path_factory.mktemp("site") / "phantom")


@pytest.fixture
def classify_page(browser, phantom_site):
    """A fresh visitor of that site, whose network runs."""
    with served(phantom_site) as address, visitor(browser, viewport={"width": 1280, "height": 900}) as page:
        yield opened(page, address)
