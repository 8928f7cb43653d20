"""Image files and folders as a table of predictions."""

import os

import pytest
from bundles import CLASSES
from visit import FIRST, MODELS, png

from core.errors import UserError
from core.inference.classifier import Classifier
from core.inference.predict import find_images, predict
from core.inference.prediction_table import prediction_columns, to_csv


def test_folders_are_searched_and_their_masks_skipped(tmp_path, upload) -> None:
    for name in ("b.png", "a/c.PNG", "a/d.png", "a/d_mask.png", "a/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(png(upload[1]))
    found, masks = find_images([tmp_path / "b.png", tmp_path / "a"])
    assert [path.name for path in found] == ["b.png", "c.PNG", "d.png"]
    assert masks == 1
    # Who names a mask gets it.
    assert find_images([tmp_path / "a" / "d_mask.png"]) == ([tmp_path / "a" / "d_mask.png"], 0)


@pytest.mark.parametrize(("name", "told"), [("missing", "does not exist"), ("empty", "contains no image")])
def test_a_path_without_images_is_named(tmp_path, name, told) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=told):
        find_images([tmp_path / name])


def test_each_file_is_a_row_and_one_that_cannot_be_read_says_why(tmp_path, upload) -> None:
    classifier = Classifier.from_bundle(MODELS / FIRST)
    (tmp_path / "new.png").write_bytes(png(upload[1]))
    (tmp_path / "broken.png").write_bytes(b"no image")
    (tmp_path / "deep.png").write_bytes(png(upload[1][..., 0].astype("uint16") * 16))
    steps = []
    table = predict(
        classifier,
        [tmp_path / name for name in ("broken.png", "new.png", "deep.png")],
        lambda *step: steps.append(step),
    )
    assert steps == [("Classifying", number, 3) for number in (1, 2, 3)]
    assert list(table.columns) == [
        "file",
        *prediction_columns(CLASSES),
        "seen_in_training",
        "notes",
        "problem",
    ]
    broken, new, deep = table.to_dict("records")
    assert (broken["notes"], new["notes"]) == ("", "")
    assert "were scaled to 0–255" in deep["notes"]
    assert broken["problem"]
    assert broken["predicted_class"] != broken["predicted_class"]  # empty: NaN
    expected = classifier.classify(upload[1])
    assert (new["problem"], new["seen_in_training"]) == ("", "")
    assert new["predicted_class"] == expected.predicted_class
    assert new["possible"] == list(expected.possible)
    assert [new[f"p_{name}"] for name in CLASSES] == pytest.approx(list(expected.probabilities.values()))


def test_a_table_of_unreadable_files_has_the_same_columns(tmp_path) -> None:
    classifier = Classifier.from_bundle(MODELS / FIRST)
    (tmp_path / "broken.png").write_bytes(b"no image")
    table = predict(classifier, [tmp_path / "broken.png"], lambda *_: None)
    assert list(table.columns) == [
        "file",
        *prediction_columns(CLASSES),
        "seen_in_training",
        "notes",
        "problem",
    ]
    assert len(table) == 1
    assert to_csv(table).splitlines()[1].startswith(str(tmp_path / "broken.png"))


def test_a_name_that_is_not_utf_8_can_be_written(tmp_path) -> None:
    path = tmp_path / os.fsdecode(b"scan-\xff.png")
    path.write_bytes(b"no image")
    text = to_csv(predict(Classifier.from_bundle(MODELS / FIRST), [path], lambda *_: None))
    assert r"scan-\udcff.png" in text.encode().decode()
