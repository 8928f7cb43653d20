"""Sentences on what counts as a near-duplicate."""

import pytest

from core.data.duplicates import changes, common_frames, measured
from core.data.duplicates.measured import MeasuredChange, MeasuredFrame


def test_every_change_and_frame_was_measured():
    assert [one.name for one in measured.CHANGES] == [change.name for change in changes.CHANGES]
    assert [one.name for one in measured.FRAMES] == [frame.name for frame in common_frames.FRAMES]
    assert measured.IMAGES > 0


def test_the_sentences_name_every_change():
    text = measured.describe()
    assert all(change.name in text for change in measured.CHANGES)


@pytest.fixture
def three_changes(monkeypatch):
    shares = (("mirrored", 0.98, 0), ("cropped", 0.9, 0.002), ("inverted", 0.5, 0))
    monkeypatch.setattr(measured, "CHANGES", tuple(MeasuredChange(*one) for one in shares))
    monkeypatch.setattr(measured, "FRAMES", (MeasuredFrame("border", 2), MeasuredFrame("screen", 7)))


@pytest.mark.usefixtures("three_changes")
def test_what_is_found_and_what_is_not():
    text = measured.describe()
    assert "at least 90.0 % were found: mirrored; cropped." in text
    assert "Fewer were found after: inverted (50.0 %)." in text
    assert "At most 0.2 % matched another image instead (cropped)." in text
    assert "at most 7 were grouped with a different image (screen)." in text
    short = measured.summarise()
    assert "after each of 2 changes" in short
    assert "such as mirrored." in short
    assert "Fewer were found after: inverted (50.0 %)." in short
    assert "--self-test" in short


@pytest.mark.usefixtures("three_changes")
def test_without_misses_and_false_matches(monkeypatch):
    monkeypatch.setattr(measured, "CHANGES", (MeasuredChange("mirrored", 1, 0),))
    monkeypatch.setattr(measured, "FRAMES", (MeasuredFrame("border", 0),))
    text = measured.describe()
    assert "Fewer" not in text
    assert "None matched another image instead." in text
    assert text.endswith("none was grouped with a different image.")
