import os
from pathlib import Path

import data_sets
import numpy as np
import pandas as pd
import pytest
import table_data_sets
from hub_datasets import DATA, upload, zipped
from image_files import two_classes, write_noise
from layouts import LAYOUTS
from reading import request_for, silent

from core.data.audit import audit
from core.data.index import build_index
from core.data.provenance import DataSource, combine
from core.data.reader import read_folder
from core.errors import UserError
from core.experiments.data_source import DataRequest, resolve
from core.experiments.request import prepare
from core.recipe import RECIPES


def source(data: Path | str) -> DataSource:
    """Return what is known of a data set."""
    return combine(resolve(DataRequest((str(data),)), silent).sources)


def test_busi_is_known_by_its_names(tmp_path: Path) -> None:
    for name, count in (("benign", 437), ("malignant", 210), ("normal", 133)):
        (tmp_path / name).mkdir()
        for number in range(1, count + 1):
            (tmp_path / name / f"{name} ({number}).png").touch()
            (tmp_path / name / f"{name} ({number})_mask.png").touch()
    write_noise(tmp_path / "benign" / "benign (1).png")
    found = source(tmp_path)
    assert "Al-Dhabyani" in (found.citation or "")
    assert not found.patient_ids
    (tmp_path / "benign" / "benign (1).png").unlink()
    assert source(tmp_path).name == tmp_path.name


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="or the word phantom"):
        source(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["x" * 250, "ä" * 120], ids=["long", "many bytes"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    two_classes(folder)
    shown = source(folder).name
    assert shown == (name if len(name) <= 200 else f"{'x' * 199}…")


def test_a_folder_whose_name_is_in_another_encoding_is_named_too(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    two_classes(folder)
    assert source(folder).name == "\\udcff"


def read(data: Path | str, **options: object) -> pd.DataFrame:
    """Return the files of a data set as every command that reads data gets them."""
    return resolve(DataRequest((str(data),), **options), silent).files.drop(columns="source")


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.usefixtures("empty_cache")
def test_a_zip_is_read_as_its_folder(tmp_path: Path, layout: str) -> None:
    LAYOUTS[layout](tmp_path / "data")
    (tmp_path / "data.zip").write_bytes(zipped(files_below(tmp_path / "data")))
    pd.testing.assert_frame_equal(read(tmp_path / "data.zip"), read(tmp_path / "data"))


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.usefixtures("empty_cache")
def test_the_hub_is_read_as_the_folder(tmp_path: Path, layout: str, anns_hub) -> None:
    LAYOUTS[layout](tmp_path / "data")
    upload(anns_hub, files_below(tmp_path / "data"))
    pd.testing.assert_frame_equal(read(DATA), read(tmp_path / "data"))


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_experiment_and_evaluate_get_the_index_of_audit(tmp_path: Path, layout: str) -> None:
    expected = LAYOUTS[layout](tmp_path / "data")
    prepared = prepare(request_for(tmp_path / "data", tmp_path / "out", RECIPES["recommended"]), silent)
    for fragment in expected.says:
        assert fragment in prepared.summary()
    images = prepared.index[prepared.index["kind"] == "image"]
    assert images["class"].value_counts().to_dict() == expected.classes
    audited = audit(read_folder(tmp_path / "data"))
    shown = audited.table[(audited.table["kind"] == "image") & audited.table["sha256"].astype(bool)]
    assert shown["file"].tolist() == images["file"].tolist()
    for fragment in set(expected.says) - {"--split own", "--groups none", str(expected.patients)}:
        assert fragment in " ".join(audited.notes)
    evaluated = build_index(read_folder(tmp_path / "data"), training=False)
    pd.testing.assert_frame_equal(evaluated.table.assign(patient=""), prepared.index.assign(patient=""))


@pytest.mark.usefixtures("empty_cache")
def test_breastmnist_is_read_with_its_classes_split_and_citation(tmp_path: Path) -> None:
    expected = data_sets.write_breastmnist_npz(tmp_path / "data", counts=(546, 78, 156))
    path = tmp_path / "data" / "breastmnist.npz"
    with np.load(path) as stored:
        arrays = dict(stored)
    for name, count in (("train", 147), ("val", 21), ("test", 42)):
        arrays[f"{name}_labels"] = (np.arange(len(arrays[f"{name}_labels"])) >= count).astype(np.uint8)[
            :, np.newaxis
        ]
    np.savez(path, **arrays)
    data = resolve(DataRequest((str(path),)), silent)
    assert data.files["class"].value_counts().to_dict() == {"normal, benign": 570, "malignant": 210}
    assert data.files["set"].value_counts().to_dict() == expected.sets
    assert "MedMNIST" in (combine(data.sources).citation or "")


@pytest.mark.usefixtures("empty_cache")
def test_arrays_of_others_need_names_for_their_labels(tmp_path: Path) -> None:
    data_sets.write_breastmnist_npz(tmp_path)
    path = tmp_path / "breastmnist.npz"
    with pytest.raises(UserError, match="--map 0=NAME --map 1=NAME"):
        read(path)
    files = read(path, mapping={"0": "malignant", "1": "benign"})
    assert set(files["class"]) == {"benign", "malignant"}


def test_sources_of_one_name_are_numbered_and_one_given_twice_is_refused(tmp_path: Path) -> None:
    for parent in ("first", "second"):
        two_classes(tmp_path / parent / "scans")
    both = DataRequest((str(tmp_path / "first" / "scans"), str(tmp_path / "second" / "scans")))
    data = resolve(both, silent)
    assert list(data.sources) == ["scans", "scans 2"]
    assert "scans 2/b/2.png" in set(data.files["file"])
    with pytest.raises(UserError, match="is given twice"):
        resolve(DataRequest((str(tmp_path / "first" / "scans"), f"{tmp_path}/second/../first/scans")), silent)
    within = DataRequest((str(tmp_path / "first" / "scans"), str(tmp_path / "first")))
    with pytest.raises(UserError, match=r"first/scans lies within \S+first, so its images would count twice"):
        resolve(within, silent)
    with pytest.raises(UserError, match="the name of a data set is empty"):
        resolve(DataRequest(("",)), silent)


def test_sub_folders_are_no_groups_if_the_user_says_so(tmp_path: Path) -> None:
    data_sets.write_videos(tmp_path, per_class=2)
    assert set(read(tmp_path)["patient"]) == {"video01", "video02", "patient21", "patient22"}
    assert set(read(tmp_path, own_groups=False)["patient"]) == {""}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "scans.rar",
            b"Rar!\x1a\x07\x00",
            r"scans\.rar is a RAR archive, not a ZIP or NPZ file; unpack it yourself",
        ),
        ("scans.tar.gz", b"\x1f\x8b\x08", r"is a gzip archive, .* unpack it yourself, and give the folder"),
        (
            "scan.mha",
            b"ObjectType = Image\nNDims = 3\n",
            r"is a MetaImage file, .* give the folder of the data",
        ),
        ("table.csv", b"file,class\n1.png,benign\n", r"is a text file, .* give the folder of the data"),
    ],
)
def test_another_archive_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message):
        resolve(DataRequest((str(tmp_path / name),)), silent)


def test_patients_of_a_table_are_told_and_can_be_switched_off(tmp_path: Path) -> None:
    table_data_sets.write_busbra(tmp_path)
    asked = request_for(tmp_path, tmp_path / "out", RECIPES["recommended"])
    prepared = prepare(asked, silent)
    assert prepared.grouping == "near-duplicates and patient ids"
    assert "one group, which the protocol clean never splits: 20 patients, such as" in prepared.summary()
    without = prepare(asked._replace(data=DataRequest((str(tmp_path),), own_groups=False)), silent)
    assert without.grouping == "near-duplicates only"
    assert not without.data.patient_ids
    assert len(set(without.groups)) == 2 * len(set(prepared.groups))
