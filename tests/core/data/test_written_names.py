"""Names of files as spreadsheets, other systems and people write them."""

import unicodedata
from itertools import pairwise
from pathlib import Path, PureWindowsPath
from time import process_time

import numpy as np
import pandas as pd
import pytest

from core.data import published_split
from core.data.groups import read_groups
from core.data.written_names import Ambiguous, examples, match_files, match_names

# Bare names are unique; stems are not a number of their own; one folder has an umlaut.
FILES = [
    f"{folder}/Bild ä {folder[:2]}{number}.png"
    for folder in ("benign", "böse", "normal")
    for number in range(4)
]
SPELLINGS = {
    "as it stands": lambda file: file,
    "Windows": lambda file: str(PureWindowsPath(file)),
    "Windows, absolute": lambda file: str(PureWindowsPath("C:/Users/Ann/data") / file),
    "Windows, network": lambda file: str(PureWindowsPath("//server/share/data") / file),
    "Windows, from elsewhere": lambda file: str(PureWindowsPath("../scans/data") / file),
    "dot": lambda file: f"./{file}",
    "doubled slash": lambda file: file.replace("/", "//"),
    "the folder's name": lambda file: f"data/{file}",
    "absolute": lambda file: f"/home/ann/scans/data/{file}",
    "moved": lambda file: f"/home/ann/BUS 2020/{file}",
    "up and down": lambda file: f"../data/x/../{file}",
    "decomposed": lambda file: unicodedata.normalize("NFD", file),
    "no ending": lambda file: file.removesuffix(".png"),
    "capital ending": lambda file: file.replace(".png", ".PNG"),
    "capitals": str.upper,
    "blanks": lambda file: f" {file.replace('/', ' / ').replace(' ', '  ')} ",
    "bare": lambda file: file.rpartition("/")[2],
    "bare, no ending, decomposed": lambda file: unicodedata.normalize(
        "NFD", file.rpartition("/")[2].removesuffix(".png")
    ),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_every_spelling_means_the_same_file(spelling: str, form: str) -> None:
    files = [unicodedata.normalize(form, file) for file in FILES]
    assert match_names([SPELLINGS[spelling](file) for file in files], files, ("data",)) == files


@pytest.mark.parametrize(
    ("written", "files", "meant"),
    [
        # What is exactly there wins over every other reading.
        ("1.png", ["1.png", "a/1.png"], "1.png"),
        ("a/1.png", ["x/a/1.png", "a/1.png", "A/1.png"], "a/1.png"),
        ("a\\1.png", ["a/1.png", "a\\1.png"], "a\\1.png"),
        ("1", ["1.png", "1"], "1"),
        ("data/1.png", ["1.png", "data/1.png"], "data/1.png"),
        ("data/a/1.png", ["x/data/a/1.png", "a/1.png"], "a/1.png"),
        # The longest end wins.
        ("/x/p1/1.png", ["a/p1/1.png", "a/p2/1.png"], "a/p1/1.png"),
        ("p1/1.png", ["a/p1/1.png", "a/p2/1.png"], "a/p1/1.png"),
        ("images/bus_1", ["benign/bus_1.png", "benign/bus_11.png"], "benign/bus_1.png"),
        # The data has the folder that is named, but no such file in it.
        ("benign/1.png", ["malignant/1.png", "benign/2.png"], None),
        ("test/a/1.png", ["train/a/1.png", "test/a/2.png"], None),
        ("Benign/1.png", ["malignant/1.png", "benign/1.png"], "benign/1.png"),
        # Case and endings help only where one file fits.
        ("A/1.PNG", ["a/1.png", "b/1.png"], "a/1.png"),
        ("a\u0308.png", ["Ä.png", "ä.png"], "ä.png"),
        ("A.PNG", ["a.png", "A.png"], Ambiguous(("a.png", "A.png"))),
        ("1", ["1.png", "1.jpg"], Ambiguous(("1.png", "1.jpg"))),
        ("1.png", ["a/1.png", "b/1.png"], Ambiguous(("a/1.png", "b/1.png"))),
        ("BUSI/1.png", ["BUSI/1.png", "UCLM/1.png"], "BUSI/1.png"),
        # A number behind a point is no ending, and another ending is another file.
        ("scan 1", ["scan 1.5", "scan 1.25"], None),
        ("scan 1.5", ["scan 1.5.png", "scan 1.25.png"], "scan 1.5.png"),
        ("1.jpg", ["1.png"], None),
        ("", ["1.png"], None),
        ("..", ["1.png"], None),
        ("/", ["1.png"], None),
    ],
)
def test_what_a_name_means(written: str, files: list[str], meant: str | Ambiguous | None) -> None:
    assert match_names([written], files, ("data",)) == [meant]


def test_an_image_and_its_masks_of_one_name_are_told_apart() -> None:
    files = ["Images/1.png", "Masks/1.png", "Images/2.png", "This and that/2.png"]
    images = [files[0], files[2], files[3]]
    found = match_files(["1.png", "masks/1.png", "2.png"], images, files)
    assert found == ["Images/1.png", "Masks/1.png", Ambiguous(("Images/2.png", "This and that/2.png"))]
    first, second = match_names(["x/1.png", "y/1.png"], files)
    assert first is second  # a thousand names that fit the same thousand files take no million places
    assert found[2].words() == "'Images/2.png' or 'This and that/2.png'"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("a", "'a'"),
        ("ab", "'a' and 'b'"),
        ("abc", "'a', 'b' and 'c'"),
        ("aabbcde", "'a', 'b', 'c' and 2 more"),
    ],
)
def test_three_examples_are_given(names: str, told: str) -> None:
    assert examples(names) == told


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_groups_and_split_take_every_spelling_alike(tmp_path: Path, spelling: str) -> None:
    index = pd.DataFrame(
        {"file": FILES, "class": [file[0] for file in FILES], "kind": "image", "image": FILES, "source": ""}
    )
    index = index.assign(sha256=FILES, fingerprint=FILES)
    sets = ("train", "validation", "test", "left out") * 3
    table = pd.DataFrame({"Image Name": map(SPELLINGS[spelling], FILES), "Patient": sets, "Set": sets})
    table.to_csv(tmp_path / "table.csv", index=False, sep=";")
    assert read_groups(tmp_path / "table.csv", index, ("data",)).tolist() == list(sets)
    given = published_split.read(tmp_path / "table.csv")
    alone = np.arange(len(index))
    split, _ = published_split.split(
        [given], index, alone, "naive", duplicate_groups=alone, seed=0, folder_names=("data",)
    )
    assert split["set"].tolist() == list(sets)


def test_time_grows_with_the_names_and_not_with_pairs_of_them() -> None:
    """A table of names that mean nothing, against files of one name, is the slowest."""

    def seconds(count: int) -> float:
        files = [f"p{number}/scan.png" for number in range(count)]
        written = [f"{kind}{number}/{kind}.png" for number in range(count // 2) for kind in ("x", "scan")]
        start = process_time()
        match_names(written, files, ("data",))
        return process_time() - start

    times = [min(seconds(count) for _ in range(2)) for count in (1000, 4000)]
    assert all(later < 12 * earlier for earlier, later in pairwise(times))
