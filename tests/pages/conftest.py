"""What tests of pages share."""

import gc

import pytest


@pytest.fixture(autouse=True, scope="session")
def _little_garbage():
    """Keep what other tests imported out of the garbage collection that Streamlit runs after each page."""
    gc.collect()
    gc.freeze()
