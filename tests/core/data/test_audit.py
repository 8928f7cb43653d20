"""What an audit says of good and of bad folders, in process and as a command."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from reading import indexed

from core.data import groups as data_groups
from core.data.audit import (
    COLUMNS,
    CONFLICTING_LABELS,
    FLAGS,
    NEAR_DUPLICATE,
    PROBLEMS,
    Audit,
    audit,
    has_flag,
)
from core.data.index import describe_notes
from core.data.phantom import dataset as phantom_dataset
from core.data.reader import read_folder
from core.errors import UserError

COUNTS = {"benign": 8, "malignant": 8, "normal": 5}


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean folder with known near-duplicates and two conflicting pairs. Tests do not write into it."""
    folder = tmp_path_factory.mktemp("phantoms") / "phantoms"
    phantom_dataset.write_dataset(folder, counts=COUNTS)
    return folder


@pytest.fixture(scope="module")
def of_phantoms(phantoms: Path) -> Audit:
    return audit(read_folder(phantoms))


def noise(path: Path, seed: int, size: tuple[int, int] = (100, 120)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 12), dtype=np.uint8)
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)
    return path


def folder_with_two_classes(folder: Path) -> Path:
    for seed, file in enumerate(("a/1.png", "a/2.png", "b/1.png", "b/2.png")):
        noise(folder / file, seed)
    return folder


def flags(report: Audit) -> dict[str, str]:
    """The flags of the files that have any, by file."""
    table = report.table.set_index("file")["flags"]
    return table[table != ""].to_dict()


def total(report: Audit) -> dict[str, int]:
    return report.summary.iloc[-1].drop("class").to_dict()


def test_a_clean_folder_is_grouped_as_a_training_groups_it(phantoms: Path, of_phantoms: Audit) -> None:
    index = indexed(phantoms)
    groups = data_groups.assign_groups(index)
    assert list(of_phantoms.table) == list(COLUMNS)
    for column in ("file", "class", "kind", "sha256"):
        assert of_phantoms.table[column].tolist() == index[column].tolist()
    assert of_phantoms.table["group"].tolist() == groups.tolist()
    conflicting = has_flag(of_phantoms.table, CONFLICTING_LABELS)
    assert conflicting.tolist() == data_groups.has_conflicting_labels(index, groups).tolist()
    assert conflicting.sum() == 4  # two pairs
    assert not has_flag(of_phantoms.table, *PROBLEMS).any()
    assert of_phantoms.notes == ()


def test_the_summary_counts_what_the_table_says(of_phantoms: Audit) -> None:
    summary = of_phantoms.summary.set_index("class")
    assert summary.loc[list(COUNTS), "images"].to_dict() == COUNTS
    assert summary.index.tolist() == [*COUNTS, "all"]
    assert summary.loc["all", "images"] + summary.loc["all", "masks"] == len(of_phantoms.table)
    for flag in FLAGS:
        assert summary.loc["all", flag] == has_flag(of_phantoms.table, flag).sum()
        assert summary.loc["all", flag] == summary.loc[list(COUNTS), flag].sum()
    sizes = of_phantoms.table[of_phantoms.table["kind"] == "image"].groupby("group").size()
    assert summary.loc["all", "near-duplicate groups"] == (sizes > 1).sum()
    assert summary.loc["all", NEAR_DUPLICATE] == sizes[sizes > 1].sum()
    # A conflicting group counts for both of its classes, and once in all.
    assert summary.loc[list(COUNTS), "near-duplicate groups"].sum() == (sizes > 1).sum() + 2


def test_every_bad_file_is_a_flag_and_no_other_file_is(tmp_path: Path) -> None:
    folder = folder_with_two_classes(tmp_path / "data")
    Image.open(folder / "a/1.png").save(folder / "b/same pixels.bmp")
    (folder / "a/empty.png").touch()
    (folder / "a/broken.png").write_bytes((folder / "a/1.png").read_bytes()[:60])
    (folder / "a/text.JPG").write_text("no image")
    (folder / "a/pipe.png").mkdir()  # a folder by that name is no file at all
    noise(folder / "b/tiny.png", 9, (40, 400))
    Image.new("RGB", (100, 100), "grey").save(folder / "b/blank.png")
    noise(folder / "b/3_mask.png", 10)
    (folder / "b/scan.gif").write_bytes(b"DICM")
    noise(folder / "loose.png", 11)
    noise(tmp_path / "elsewhere/x.png", 12)
    (folder / "b/out.png").symlink_to(tmp_path / "elsewhere/x.png")
    (folder / "b/more").symlink_to(tmp_path / "elsewhere")
    (folder / "c").symlink_to(tmp_path / "elsewhere")
    (folder / "b/dangling.png").symlink_to(folder / "b/gone.png")
    (folder / "b/circle.png").symlink_to(folder / "b/circle.png")
    report = audit(read_folder(folder))
    assert flags(report) == {
        "a/1.png": "exact duplicate; near-duplicate; conflicting labels",
        "b/same pixels.bmp": "exact duplicate; near-duplicate; conflicting labels",
        "a/empty.png": "unreadable; zero bytes",
        "a/broken.png": "unreadable",
        "a/text.JPG": "unreadable",
        "b/tiny.png": "tiny",
        "b/blank.png": "blank",
        "b/3_mask.png": "named like a mask",
        "b/scan.gif": "unreadable",
        "loose.png": "outside the class folders",
        "b/out.png": "link out of the folder",
        "b/more": "linked folder",
        "c": "linked folder",
        "b/dangling.png": "unreadable",
        "b/circle.png": "unreadable",
    }
    unread = report.table["sha256"] == ""
    assert report.table.loc[unread, "group"].isna().all()
    assert set(report.table.loc[unread, "file"]) == {
        *("a/empty.png", "a/broken.png", "a/text.JPG", "b/dangling.png", "b/circle.png"),
        *("b/scan.gif", "b/out.png", "b/more", "c"),
    }
    assert total(report)["images"] == 15


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = folder_with_two_classes(tmp_path)
    os.mkfifo(folder / "a/pipe.png")
    assert flags(audit(read_folder(folder))) == {"a/pipe.png": "unreadable"}


def test_names_in_any_script_and_in_none(tmp_path: Path) -> None:
    folder = folder_with_two_classes(tmp_path)
    noise(folder / "добро/снимок.PNG", 5)
    Image.new("L", (120, 100)).save(folder / "добро/снимок_mask.PNG")
    noise(folder / '悪性/画像;1,\n"2".Tif', 7)
    bad = noise(folder / "b/x.png", 8).rename(os.fsdecode(os.fsencode(folder / "b") + b"/gr\xf6\xdfe.png"))
    report = audit(read_folder(folder))
    assert bad.exists()
    assert flags(report) == {"b/gr\\udcf6\\udcdfe.png": "name is not UTF-8"}
    assert report.table.set_index("file").loc["добро/снимок_mask.PNG", "kind"] == "mask"
    written = tmp_path / "audit.csv"
    report.table.to_csv(written, index=False)
    assert pd.read_csv(written)["file"].tolist() == report.table["file"].tolist()


def test_one_class_only_and_nothing_at_all(tmp_path: Path) -> None:
    noise(tmp_path / "one/benign/1.png", 0)
    report = audit(read_folder(tmp_path / "one"))
    assert total(report)["images"] == 1
    (tmp_path / "one/normal").mkdir()
    assert audit(read_folder(tmp_path / "one")).notes == (
        "The folder normal has no images and is no class.",
        (
            "Training needs images of at least two classes, but only one has images (benign); give a "
            "sub-folder per class, or the table of labels with --table."
        ),
    )
    noise(tmp_path / "loose/1.png", 0)
    assert "none has images" in " ".join(audit(read_folder(tmp_path / "loose")).notes)
    (tmp_path / "empty/benign").mkdir(parents=True)
    with pytest.raises(UserError, match="contains no images"):
        audit(read_folder(tmp_path / "empty"))
    with pytest.raises(UserError, match="is not a folder"):
        audit(read_folder(tmp_path / "missing"))


def test_only_unreadable_files_are_still_an_answer(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").touch()
    report = audit(read_folder(tmp_path))
    assert (total(report)["images"], total(report)["zero bytes"]) == (2, 2)


@pytest.mark.slow
@pytest.mark.busi
def test_busi_has_the_conflicting_pair_that_is_known(busi: Path) -> None:
    report = audit(read_folder(busi))
    assert (total(report)["images"], total(report)["masks"]) == (780, 798)
    known = report.table.set_index("file").loc[["benign/benign (433).png", "malignant/malignant (145).png"]]
    assert has_flag(known, CONFLICTING_LABELS).all()
    assert len(set(known["group"])) == 1


def test_an_image_whose_grey_values_were_scaled_is_named_with_their_range(tmp_path: Path) -> None:
    folder = folder_with_two_classes(tmp_path)
    assert audit(read_folder(folder)).notes == ()
    deep = np.random.default_rng(9).integers(0, 4096, (100, 120)).astype(np.uint16)
    Image.fromarray(deep).save(folder / "b" / "deep.png")
    (note,) = audit(read_folder(folder)).notes
    assert note.startswith("1 image was changed when read, such as b/deep.png: Grey values from ")
    assert describe_notes(indexed(folder)) == note


def test_groups_that_look_wrong_are_warned_of(tmp_path: Path, of_phantoms: Audit) -> None:
    for number in range(10):
        noise(tmp_path / "ab"[number % 2] / f"same {number}.png", 0, (100 + number, 120))
        noise(tmp_path / "ab"[number % 2] / f"other {number}.png", 1 + number)
    large, conflicting = audit(read_folder(tmp_path)).warnings
    assert large.startswith("One near-duplicate group holds 10 of 20 images: 'a/same 0.png', ")
    assert conflicting.startswith("10 of 20 images have a near-duplicate of another class: ")
    assert of_phantoms.warnings == ()


def test_split_groups_join_patients_to_near_duplicates(tmp_path: Path) -> None:
    for number in range(6):
        noise(tmp_path / "data" / "ab"[number // 3] / f"{number}.png", number)
    noise(tmp_path / "data/a/again.png", 0, (110, 120))
    (tmp_path / "data/b/broken.png").write_bytes(b"no image")
    alone = audit(read_folder(tmp_path / "data"))
    assert alone.grouping == data_groups.NEAR_DUPLICATES_ONLY
    assert alone.split_groups.equals(alone.table["group"])
    patients = {"a/0.png": "p", "a/1.png": "q", "a/again.png": "q"}
    rows = [f"{file},{patients.get(file, file)}" for file in alone.table["file"]]
    (tmp_path / "groups.csv").write_text("\n".join(["file,group", *rows]))
    known = audit(read_folder(tmp_path / "data"), groups=[tmp_path / "groups.csv"])
    assert known.grouping == data_groups.PATIENT_IDS
    assert known.table["group"].equals(alone.table["group"])
    joined = dict(zip(known.table["file"], known.split_groups, strict=True))
    assert joined["a/0.png"] == joined["a/1.png"] == joined["a/again.png"]
    assert len({joined[file] for file in joined if file != "b/broken.png"}) == 5
    assert pd.isna(joined["b/broken.png"])
