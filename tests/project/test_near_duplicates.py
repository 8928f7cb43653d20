"""What the program and the docs say of near-duplicates is what the self-test measured on BUSI."""

import json

import near_duplicate_tables
from paths import ROOT

from core.data.duplicates.measured import CHANGES, FRAMES, IMAGES, describe, summarise

PAGES = ("TRAINING", "DEPLOY")
REPORT = json.loads(near_duplicate_tables.BUSI.read_text())


def test_the_numbers_are_those_of_the_report():
    assert IMAGES == REPORT["tested"] == REPORT["images"] == 780
    # The augmentation wide is no more.
    changes = [change for change in REPORT["changes"] if change["name"] != "augmented (wide)"]
    assert [one.name for one in CHANGES] == [change["name"] for change in changes]
    for one, change in zip(CHANGES, changes, strict=True):
        assert (one.found, one.false) == tuple(round(change[key]["value"], 4) for key in ("found", "false"))
    assert [tuple(one) for one in FRAMES] == [(one["name"], one["merged"]) for one in REPORT["frames"]]


def test_the_docs_say_the_same():
    training, deploy = (" ".join((ROOT / "docs" / f"{name}.md").read_text().split()) for name in PAGES)
    assert describe() in training
    assert summarise() in deploy
