"""Pages are tested beside all that other tests have imported."""

import gc

import pytest


@pytest.fixture(autouse=True, scope="module")
def _garbage_of_pages_alone():
    """Streamlit collects garbage after each run of a page, which takes longest among what others imported."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
