"""Image files and folders as a table of predictions."""

import os
from pathlib import Path

import numpy as np
import pytest
from bundles import CLASSES, make_bundle
from image_files import encoded
from layouts import LAYOUTS
from PIL import Image
from predicting import Predicted, predict, quiet
from screens import numbered_screen
from visit import FIRST, MODELS, png

from core.bundle.manifest import SPLIT
from core.bundle.tables import read_csv
from core.data import left_out
from core.data.image_facts import read_files
from core.data.phantom.simulate import simulate
from core.data.reader import read_folder
from core.images.crop import from_corner
from core.inference.classifier import Classifier
from core.inference.image_search import find_images
from core.inference.predict import prediction_folder
from core.inference.prediction_table import prediction_columns, to_csv
from core.progress import LISTING
from core.work_folder import partial_folder


def rows(found: Predicted) -> dict[str, str]:
    """Return the problem of each file by its name; '' where it has a prediction."""
    table = found.table
    assert (table["predicted_class"].isna() == (table["problem"] != "")).all()
    return {Path(file).name: problem for file, problem in zip(table["file"], table["problem"], strict=True)}


def test_folders_are_searched_by_content_and_litter_is_passed_over(tmp_path, upload) -> None:
    image, jpeg = png(upload[1]), encoded(Image.fromarray(upload[1]), "JPEG")
    frames = [Image.fromarray(upload[1][..., 0] // part) for part in (1, 2)]
    files = {
        "b.png": image,
        "a/c.PNG": image,
        "a/ending": image,
        "a/j.jfif": jpeg,
        "a/text.png": b"no image",
        "a/film.gif": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "a/still.gif": encoded(frames[0], "GIF"),
        "a/old.rar": b"Rar!\x1a\x07\x00rest",
        "a/photo.heic": b"\0\0\0\x18ftypheic" + bytes(40),
        "a/notes.txt": b"text",
        "a/labels.csv": b"file,class\n",
        "a/._c.PNG": image,
        "a/.ipynb_checkpoints/c.png": image,
        "a/__MACOSX/c.png": image,
        "a/Thumbs.db": image,
    }
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    paths = [tmp_path / "b.png", tmp_path / "a"]
    names = ["b.png", "c.PNG", "ending", "film.gif", "j.jfif", "still.gif", "text.png"]
    assert [path.name for path in find_images(paths).files] == names
    found = predict(Classifier.from_bundle(MODELS / FIRST), paths, quiet)
    told = rows(found)
    assert list(told) == names
    assert [name for name, problem in told.items() if problem] == ["text.png"]
    assert left_out.describe(found.left_out) == "Not read: 1 HEIC image, 1 RAR archive."


def test_what_is_no_ultrasound_image_gets_no_prediction(tmp_path, upload) -> None:
    mask = np.zeros_like(upload[1])
    mask[40:90, 50:120] = 255
    black = np.zeros_like(mask)
    names = {
        "d.png": upload[1],
        "d_mask.png": mask,
        "d_mask_1.png": black,
        "d_lesion.png": upload[1][40:200, 40:200],
        "e_mask.png": upload[1][::-1],
        "other.png": mask,
        "black.png": black,
    }
    for name, pixels in names.items():
        (tmp_path / name).write_bytes(png(pixels))
    classifier = Classifier.from_bundle(MODELS / FIRST)
    found = predict(classifier, [tmp_path], quiet)
    told = rows(found)
    assert told == {
        "black.png": f"{tmp_path}/black.png is blank: no prediction is made.",
        "d.png": "",
        "e_mask.png": "",
    }
    assert found.masks == 3
    assert found.named_like_masks == [f"{tmp_path}/d_lesion.png"]
    # Whoever names a file gets its row, with a prediction only where it is an image.
    named = predict(classifier, [tmp_path / "d_lesion.png", tmp_path / "d_mask.png"], quiet)
    looks = "is black and white only; it looks like a segmentation mask: no prediction is made."
    assert rows(named) == {"d_lesion.png": "", "d_mask.png": f"{tmp_path}/d_mask.png {looks}"}
    assert (named.masks, named.named_like_masks) == (0, [])


def test_a_folder_of_masks_alone_gives_an_empty_table(tmp_path, upload) -> None:
    mask = np.zeros_like(upload[1])
    mask[40:90, 50:120] = 255
    (tmp_path / "x.png").write_bytes(png(mask))
    found = predict(Classifier.from_bundle(MODELS / FIRST), [tmp_path], quiet)
    assert (len(found.table), found.masks) == (0, 1)


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
    ).table
    assert steps == [(LISTING, 0, 1), (LISTING, 1, 1), ("Classifying", 3, 3)]
    assert list(table.columns) == [
        "file",
        "frame",
        "crop",
        *prediction_columns(CLASSES),
        "seen_in_training",
        "seen_by",
        "warning",
        "notes",
        "problem",
    ]
    broken, new, deep = table.to_dict("records")
    assert (broken["notes"], new["notes"]) == ("", "")
    assert "were scaled to 0–255" in deep["notes"]
    assert broken["problem"]
    assert broken["predicted_class"] != broken["predicted_class"]  # empty: NaN
    expected = classifier.classify(upload[1])
    assert (new["problem"], new["seen_in_training"], new["seen_by"]) == ("", "", "")
    assert new["predicted_class"] == expected.predicted_class
    assert new["possible"] == list(expected.possible)
    assert [new[f"p_{name}"] for name in CLASSES] == pytest.approx(list(expected.probabilities.values()))


def test_a_table_of_unreadable_files_has_the_same_columns(tmp_path) -> None:
    classifier = Classifier.from_bundle(MODELS / FIRST)
    (tmp_path / "broken.png").write_bytes(b"no image")
    table = predict(classifier, [tmp_path / "broken.png"], quiet).table
    assert list(table.columns) == [
        "file",
        "frame",
        "crop",
        *prediction_columns(CLASSES),
        "seen_in_training",
        "seen_by",
        "warning",
        "notes",
        "problem",
    ]
    assert len(table) == 1
    assert to_csv(table).splitlines()[1].startswith(str(tmp_path / "broken.png"))


def test_a_name_that_is_not_utf_8_can_be_written(tmp_path) -> None:
    path = tmp_path / os.fsdecode(b"scan-\xff.png")
    path.write_bytes(b"no image")
    text = to_csv(predict(Classifier.from_bundle(MODELS / FIRST), [path], quiet).table)
    assert r"scan-\udcff.png" in text.encode().decode()


def test_what_the_chosen_crop_does_not_fit_says_so_and_the_rest_is_cropped(tmp_path, upload) -> None:
    for name, pixels in (("a_wide", upload[1]), ("b_low", upload[1][:60]), ("c_dark", upload[1] // 50)):
        (tmp_path / f"{name}.png").write_bytes(png(pixels))
    classifier = Classifier.from_bundle(MODELS / FIRST)
    wide, low, dark = predict(
        classifier, [tmp_path], quiet, cropping=from_corner(30, 20, 90, 50)
    ).table.to_dict("records")
    assert (wide["crop"], wide["problem"]) == ("30,20,90,50", "")
    expected = classifier.classify(upload[1][20:70, 30:120])
    assert wide["p_benign"] == pytest.approx(expected.probabilities["benign"])
    height, width = upload[1][:60].shape[:2]
    size = f"{tmp_path}/b_low.png has {width} × {height} pixels"
    assert low["problem"] == f"{size}, in which the crop 30,20,90,50 does not fit; choose another."
    assert (low["crop"], low["possible"]) == ("", [])
    assert "is blank: no prediction is made" in dark["problem"]


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_a_prediction_for_each_image_and_none_for_a_mask(tmp_path, layout) -> None:
    expected = LAYOUTS[layout](tmp_path)
    found = predict(Classifier.from_bundle(MODELS / FIRST), [tmp_path], quiet)
    # A GIF of several frames is a clip here, which no training takes.
    predicted = found.table[(found.table["problem"] == "") & (found.table["frame"] == "")]
    assert len(predicted) == sum(expected.classes.values())
    assert found.masks == expected.masks


def test_one_screen_of_a_shared_frame_is_seen_in_training_by_its_tissue_alone(tmp_path: Path) -> None:
    def screen(seed: int, number: int) -> Image.Image:
        pixels = simulate("benign", np.random.default_rng(seed)).image
        return Image.fromarray(numbered_screen(np.repeat(pixels[..., np.newaxis], 3, axis=2), 0.6, number))

    for seed in range(10):
        path = tmp_path / "data" / CLASSES[seed % 2] / f"{seed}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        screen(seed, seed).save(path)
    table, frames = read_files(read_folder(tmp_path / "data"))

    def fill(folder: Path) -> None:
        split = read_csv(folder / SPLIT)
        rows = split.index[split["set"] == "train"][: len(table)]
        split.loc[rows, ["file", "sha256", "fingerprint"]] = table[
            ["file", "sha256", "fingerprint"]
        ].to_numpy()
        split.to_csv(folder / SPLIT, index=False)

    make_bundle(tmp_path / "bundle", fill=fill, shared_frames=frames)
    # With another number in the title, so that the pixels differ.
    screen(3, 9876).save(tmp_path / "known.png")
    screen(77, 9877).save(tmp_path / "new.png")
    search = [tmp_path / "known.png", tmp_path / "new.png"]
    found = predict(Classifier.from_bundle(tmp_path / "bundle"), search, quiet).table
    assert found["seen_in_training"].tolist() == ["malignant/3.png", ""]
    assert found["warning"].tolist() == ["", ""]
    make_bundle(tmp_path / "other", weights=False)
    other = predict(Classifier.from_bundle(tmp_path / "other"), search, quiet).table
    assert all("Crop to the ultrasound image" in warning for warning in other["warning"])


def test_unfinished_work_behind_a_link_or_gone_does_no_harm(tmp_path) -> None:
    output, said = tmp_path / "rows.csv", []
    (tmp_path / "other disk").mkdir()
    partial_folder(output).symlink_to("other disk")
    with prediction_folder(output, said.append, resume=True) as folder:
        (folder / "request.json").touch()
    assert (said, list(tmp_path.iterdir())) == ([], [])
    partial_folder(output).mkdir()
    with prediction_folder(output, said.append, resume=True) as folder:
        folder.rmdir()
    assert said == [f"{folder} cannot be removed: No such file or directory; it is not needed any more."]
