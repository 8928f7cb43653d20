"""The folder of an unfinished prediction: it goes on as it was begun, and no row is lost or comes twice."""

from __future__ import annotations

import os
import shutil
from functools import partial
from itertools import chain
from pathlib import Path

import pandas as pd
import pytest
from predicting import quiet
from visit import FIRST, MODELS, png

from core.errors import UserError
from core.images import crop
from core.inference import prediction_parts
from core.inference.classifier import Classifier
from core.inference.classify_files import classify_files
from core.inference.image_search import find_images
from core.inference.predict import predict
from core.inference.prediction_parts import PredictionParts, PredictionRequest
from core.inference.read_images import read_images

REQUEST = PredictionRequest(bundle_sha256="a", paths=("b",), frame="all", crop="none", current_folder="/here")
TASK_FILES, IMAGES = 8, 29  # three full tasks and one of five


@pytest.fixture
def images(tmp_path: Path, upload, monkeypatch) -> Path:
    """A folder of so many images that its predictions are four parts."""
    monkeypatch.setattr(prediction_parts, "TASK_FILES", TASK_FILES)
    monkeypatch.setattr(prediction_parts, "_PART_FILES", TASK_FILES)
    folder = tmp_path / "images"
    folder.mkdir()
    first = folder / "aaa.png"
    first.write_bytes(png(upload[1]))
    for number in range(1, IMAGES):
        letters = "".join(chr(ord("a") + int(digit)) for digit in f"{number:03d}")
        os.link(first, folder / f"{letters}.png")
    return folder


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.from_bundle(MODELS / FIRST)


def test_what_was_interrupted_goes_on_without_a_row_lost_or_twice(images, tmp_path, classifier) -> None:
    whole = pd.concat(list(predict(classifier, [images], tmp_path / "whole", quiet)))
    work = tmp_path / "work"

    def interrupt(_: str, done: int, __: int) -> None:
        if done > 2 * TASK_FILES:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict(classifier, [images], work, interrupt)
    assert len(list(work.glob("part-*.parquet"))) == 2
    (work / "part-000000.parquet").unlink()  # the order in which parts are finished is not important
    told: list[tuple[str, int, int]] = []
    rows = predict(classifier, [images], work, lambda *step: told.append(step))
    assert told[0] == ("Classifying", 2 * TASK_FILES, IMAGES)
    assert told[-1] == ("Classifying", IMAGES, IMAGES)
    again = pd.concat(list(rows))
    pd.testing.assert_frame_equal(again, whole)
    assert again["file"].tolist() == [str(path) for path in sorted(images.iterdir())]


def test_a_file_that_has_gone_since_keeps_its_row_and_a_new_one_takes_no_part(
    images, tmp_path, classifier
) -> None:
    work = tmp_path / "work"
    predict(classifier, [images], work, quiet)
    shutil.copy(images / "aaa.png", images / "new.png")
    (images / "aab.png").unlink()
    (work / "part-000000.parquet").unlink()
    table = pd.concat(list(predict(classifier, [images], work, quiet)))
    assert len(table) == IMAGES
    gone = table[table["problem"] != ""]
    assert gone["file"].tolist() == [f"{images}/aab.png"]
    assert "cannot be opened" in gone["problem"].item()


def test_tasks_are_those_of_the_wanted_parts_in_order(images, tmp_path) -> None:
    parts = PredictionParts.begin(tmp_path / "work", REQUEST, find_images([images]), ["benign"])
    assert (parts.files, list(parts.numbers)) == (IMAGES, [0, 1, 2, 3])
    names = list(map(str, sorted(images.iterdir())))
    assert [file.path for file in chain(*parts.tasks([0, 1, 2, 3]))] == names
    second, last = names[TASK_FILES : 2 * TASK_FILES], names[3 * TASK_FILES :]
    assert [file.path for file in chain(*parts.tasks([1, 3]))] == second + last
    assert [parts.files_of(number) for number in parts.numbers] == [TASK_FILES] * 3 + [5]


def test_a_part_of_large_files_or_videos_has_fewer_of_them(images, tmp_path, monkeypatch) -> None:
    """A part of them would otherwise take hours."""
    monkeypatch.setattr(prediction_parts, "_PART_BYTES", 6 * (images / "aaa.png").stat().st_size)
    parts = PredictionParts.begin(tmp_path / "work", REQUEST, find_images([images]), ["benign"])
    assert [parts.files_of(number) for number in parts.numbers] == [6] * 4 + [5]
    names = list(map(str, sorted(images.iterdir())))
    assert [file.path for file in chain(*parts.tasks(parts.numbers))] == names
    for image in images.iterdir():
        image.rename(image.with_suffix(".mp4"))
    monkeypatch.setattr(prediction_parts, "_PART_BYTES", 5 * prediction_parts._VIDEO_BYTES)
    parts = PredictionParts.begin(tmp_path / "videos", REQUEST, find_images([images]), ["benign"])
    assert [parts.files_of(number) for number in parts.numbers] == [5] * 5 + [4]


def test_a_name_that_is_no_utf_8_is_found_again(tmp_path) -> None:
    path = tmp_path / os.fsdecode(b"scan-\xff.png")
    path.write_bytes(b"no image")
    parts = PredictionParts.begin(tmp_path / "work", REQUEST, find_images([path]), ["benign"])
    ((file,),) = parts.tasks([0])
    assert Path(file.path).read_bytes() == b"no image"
    assert not file.inside


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"frame": "first"}, "another --frame"),
        ({"crop": "auto"}, "another --crop"),
        ({"paths": ("c",)}, "other images or folders"),
        ({"bundle_sha256": "b"}, "another model"),
        ({"current_folder": "/there"}, "paths that begin in /here"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_request_is_refused(images, tmp_path, changed, words) -> None:
    parts = PredictionParts.begin(tmp_path / "work", REQUEST, find_images([images]), ["benign"])
    parts.check_same(REQUEST)
    with pytest.raises(UserError, match=f"was begun with {words}.*; give the same command with --resume"):
        parts.check_same(REQUEST.model_copy(update=changed))


def test_a_folder_of_something_else_is_refused(tmp_path, classifier) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(UserError, match="holds no prediction that can go on; remove it and begin again"):
        predict(classifier, [tmp_path], work, quiet, cropping=crop.AUTO)


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    """What a loss of power leaves."""
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def other_columns(path: Path) -> None:
    """What another version of the program writes."""
    pd.DataFrame({"file": ["a.png"] * TASK_FILES}).to_parquet(path)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        *(("part-000001.parquet", damage) for damage in (empty, cut, other_columns)),
        *(("part-000001.fingerprints", damage) for damage in (remove, empty, cut)),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_damaged_part_is_made_again(images, tmp_path, classifier, name, damage) -> None:
    work = tmp_path / "work"
    before = pd.concat(list(predict(classifier, [images], work, quiet)))
    damage(work / name)
    told: list[tuple[str, int, int]] = []
    again = predict(classifier, [images], work, lambda *step: told.append(step))
    pd.testing.assert_frame_equal(pd.concat(list(again)), before)
    assert told == [("Classifying", IMAGES, IMAGES)]


def test_a_part_that_is_damaged_within_is_named(images, tmp_path, classifier) -> None:
    work = tmp_path / "work"
    predict(classifier, [images], work, quiet)
    part = work / "part-000001.parquet"
    data = part.read_bytes()
    part.write_bytes(data[:4] + bytes(200) + data[204:])
    with pytest.raises(UserError, match=r"part-000001\.parquet is damaged; remove it, and add --resume"):
        list(predict(classifier, [images], work, quiet))


@pytest.mark.parametrize("damage", [remove, empty, cut, other_columns])
def test_a_damaged_list_is_no_prediction_that_goes_on(images, tmp_path, damage) -> None:
    PredictionParts.begin(tmp_path / "work", REQUEST, find_images([images]), ["benign"])
    damage(tmp_path / "work" / "files.parquet")
    with pytest.raises(UserError, match=r"files\.parquet is damaged; remove .*work and begin again"):
        PredictionParts(tmp_path / "work", ["benign"])


def test_a_request_of_another_version_says_what_to_do(images, tmp_path) -> None:
    PredictionParts.begin(tmp_path / "work", REQUEST, find_images([images]), ["benign"])
    request = tmp_path / "work" / "request.json"
    request.write_text(request.read_text().replace('"frame"', '"window"'))
    with pytest.raises(UserError, match=r"request\.json is not valid: .*\. Remove .*work and begin again\."):
        PredictionParts(tmp_path / "work", ["benign"])


def test_relative_paths_go_on_where_they_begin(images, tmp_path, classifier, monkeypatch) -> None:
    """Another folder may have other images of these names."""
    monkeypatch.chdir(tmp_path)
    whole = pd.concat(list(predict(classifier, [Path("images")], tmp_path / "work", quiet)))
    shutil.copytree(images, tmp_path / "other" / "images")
    monkeypatch.chdir(tmp_path / "other")
    with pytest.raises(UserError, match=f"was begun with paths that begin in {tmp_path}; give the same"):
        predict(classifier, [Path("images")], tmp_path / "work", quiet)
    monkeypatch.chdir(tmp_path)
    again = pd.concat(list(predict(classifier, [Path("images")], tmp_path / "work", quiet)))
    pd.testing.assert_frame_equal(again, whole)
    monkeypatch.chdir(tmp_path / "other")  # which is of no importance for whole paths
    predict(classifier, [images], tmp_path / "whole", quiet)
    monkeypatch.chdir(tmp_path)
    predict(classifier, [images], tmp_path / "whole", quiet)


@pytest.mark.parametrize("name", ["file:work", "s3:work", os.fsdecode(b"work-\xff")])
def test_any_name_of_the_folder_can_be_written_and_read(
    images, tmp_path, classifier, monkeypatch, name
) -> None:
    monkeypatch.chdir(tmp_path)  # relative, such a name looks like an address
    assert pd.concat(list(predict(classifier, [images], Path(name), quiet)))["problem"].eq("").all()


@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
def test_a_lost_disk_is_no_folder_of_unreadable_files(images, tmp_path, classifier, left) -> None:
    whole = pd.concat(list(predict(classifier, [images], tmp_path / "whole", quiet)))
    work, away = tmp_path / "work", tmp_path / "away"

    def lose(_: str, done: int, __: int) -> None:
        if done == TASK_FILES:
            images.rename(away)
            if left == "an empty folder":
                images.mkdir()

    gone = r"images has gone since .*, with --resume if there is .*work"
    with pytest.raises(UserError, match=gone):
        predict(classifier, [images], work, lose, classify=partial(classify_alone, classifier))
    with pytest.raises(UserError, match=gone):  # also where it is not yet back
        predict(classifier, [images], work, quiet)
    away.rename(images)
    again = predict(classifier, [images], work, quiet)
    pd.testing.assert_frame_equal(pd.concat(list(again)), whole)


@pytest.mark.parametrize("times", [1, 9])
def test_a_file_that_can_be_read_a_moment_later_is_read_again(images, tmp_path, classifier, times) -> None:
    """A network drive that fails for seconds must not leave rows without a prediction for good."""
    work, lost, away = tmp_path / "work", images / "acc.png", tmp_path / "away.png"
    failed = []

    def fail_for_a_moment(parts, numbers, reading, frame_done):
        for files in parts.tasks(numbers):
            fails = len(failed) < times and str(lost) in [file.path for file in files]
            if fails:
                failed.append(lost.rename(away))
            found = classify_files(classifier, files, partial(read_images, reading=reading), frame_done)
            if fails:
                away.rename(lost)
            yield found

    if times > 1:
        fails = r"acc\.png could not be read at first, but could later, 3 times; check .* if there is .*work"
        with pytest.raises(UserError, match=fails):
            predict(classifier, [images], work, quiet, classify=fail_for_a_moment)
        assert len(list(work.glob("part-*.parquet"))) == 3
        failed += range(times)
    table = pd.concat(list(predict(classifier, [images], work, quiet, classify=fail_for_a_moment)))
    assert (len(table), set(table["problem"])) == (IMAGES, {""})


def classify_alone(classifier, parts, numbers, reading, frame_done):
    """Classify files only when their images are asked for."""
    for files in parts.tasks(numbers):
        yield classify_files(classifier, files, partial(read_images, reading=reading), frame_done)


def test_an_error_ends_what_classifies_before_the_folder_is_given_up(images, tmp_path, classifier) -> None:
    ended = []

    def classify(*asked):
        try:
            yield from classify_alone(classifier, *asked)
        finally:
            ended.append(True)

    def fail(what: str, *_: int) -> None:
        if what == "Classifying":
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError) as error:  # which holds on to all that was at work
        predict(classifier, [images], tmp_path / "work", fail, classify=classify)
    assert error
    assert ended
