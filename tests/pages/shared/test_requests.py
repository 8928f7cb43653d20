"""Uploads: kept in memory once a page has begun, not because a module was imported."""

import subprocess
import sys

from paths import ROOT

CODE = """
from starlette.formparsers import MultiPartParser
before = MultiPartParser.spool_max_size
from core.images.limits import CLIP_BYTES
from pages.components.shared import requests
assert MultiPartParser.spool_max_size == before < CLIP_BYTES
requests.keep_uploads_in_memory()
assert MultiPartParser.spool_max_size > CLIP_BYTES
"""


def test_uploads_stay_in_memory_from_the_first_page_on() -> None:
    subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, check=True)
