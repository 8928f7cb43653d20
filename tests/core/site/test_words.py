import re

import pytest
from paths import ROOT

from core.images.formats import READABLE, identify
from core.site.words import CHECKS, DECODED, DETAILS, NOTES, REFUSED, WORDS, formats

SCRIPTS = "\n".join(path.read_text() for path in (ROOT / "core" / "site" / "page").glob("*.js"))
SAMPLES = {
    "PNG": b"\x89PNG\r\n\x1a\n",
    "JPEG": b"\xff\xd8\xff\xe0",
    "TIFF": b"II*\x00",
    "WebP": b"RIFF\x10\0\0\0WEBPVP8 ",
    "GIF": b"GIF89a",
    "HEIC": b"\0\0\0\x18ftypheic",
    "AVIF": b"\0\0\0\x18ftypavif",
    "PDF": b"%PDF-1.7",
    "ZIP": b"PK\x03\x04",
    "MP4": b"\0\0\0\x18ftypisom",
    "HTML": b"<!doctype html><p>",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_patterns_recognise_what_python_recognises(name):
    head = SAMPLES[name]
    assert identify(head).name == name
    first = next(
        one
        for one in formats()["patterns"]
        if re.match(f"(?{one['flags']}:{one['pattern']})", head.decode("latin-1"))
    )
    assert first["name"] == name
    assert bool(first["said"]) == (name not in DECODED)


def test_a_format_that_the_page_does_not_decode_is_named_with_what_to_do():
    said = {one["name"]: one["said"] for one in formats()["patterns"]}
    for name in set(READABLE) - set(DECODED) - {"DICOM"}:
        assert "save" in said[name]
    assert "DICOM" in formats()["dicom"]["said"]
    assert "HEIC" in said["HEIC"]


@pytest.mark.parametrize(
    "words", [WORDS, NOTES, CHECKS, DETAILS], ids=["words", "notes", "checks", "details"]
)
def test_every_word_is_used_by_a_script(words):
    assert [name for name in words if not re.search(rf"\b{name}\b", SCRIPTS)] == []


def test_every_refusal_of_a_script_has_its_sentence():
    thrown = set(re.findall(r'new ImageError\(\s*"([\w ]+)"', SCRIPTS))
    assert len(thrown) >= 8
    assert thrown <= set(REFUSED)
    tables = ("refused", "notes", "checks", "details", "frame")
    assert set(re.findall(r"\b(?<!/)words\.(\w+)", SCRIPTS)) - {*tables, "replace"} <= set(WORDS)
