"""A data set of the Hub as DATA: an image folder or Parquet files, pinned, with the errors of a model."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bundles import make_bundle
from hub_failures import FAILURES
from huggingface_hub import CommitOperationAdd, HfApi, ModelCard
from PIL import Image

from core.bundle.card import render
from core.data.index import build_index
from core.errors import UserError
from core.experiments import data_source
from core.hub.dataset import _check_paths, _link_files, open_dataset
from core.hub.repository import Repository
from core.hub.snapshot import Snapshot

REPO = "ann/scans"
DATA = f"hf://datasets/{REPO}"
CLASSES = ("benign", "malignant", "normal")
CARD = b"---\nlicense: cc-by-4.0\n---\n# Scans\n"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(anns_hub, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return anns_hub


def png(number: int) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 256, (40, 40), np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def images(pattern: str = "{label}/{number}.png") -> dict[str, bytes]:
    return {
        pattern.format(label=label, number=number): png(10 * row + number)
        for row, label in enumerate(CLASSES)
        for number in range(3)
    }


def upload(hub, files: dict[str, bytes], card: bytes = CARD) -> str:
    """Upload as a user of the real client does, so that images and tables become LFS objects."""
    api = HfApi(endpoint=hub.endpoint, token=hub.tokens["write"])
    api.create_repo(REPO, repo_type="dataset", exist_ok=True)
    added = [CommitOperationAdd(path, data) for path, data in (files | {"README.md": card}).items()]
    commit = api.create_commit(REPO, added, commit_message="Scans", repo_type="dataset").oid
    hub.log.clear()
    return commit


def table(rows: list[dict], **features: object) -> bytes:
    """A Parquet file as the datasets library writes it."""
    made = pa.Table.from_pylist(rows)
    if features:
        made = made.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    file = io.BytesIO()
    pq.write_table(made, file)
    return file.getvalue()


def opened(data: str = DATA):
    """The folder, and each step that was told to be done."""
    said = []
    found = data_source.resolve(data, lambda what, done, total: said.extend([what] if done == total else []))
    return found, said


def listed(folder):
    index = build_index(folder)
    return dict(zip(index["file"], index["class"], strict=True))


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_files_stand_as_in_the_repository(hub):
    """How the folders are read is for the reader of folders, which is one for every source."""
    scans = images("data/train/{label}/{number}.png") | {"data/test/benign/0.png": png(77)}
    others = {
        "Masks/1_mask.PNG": png(1),
        "IM0001": png(2),
        "a.dicom": png(3),
        "x y/[1].jfif": png(4),
        "metadata.csv": b"file_name,label\n",
        "info.xlsx": b"PK",
        "notes.txt": b"x",
        "classes.json": b"{}",
    }
    left_out = {
        ".hidden/x.png": png(5),
        "a/.x.png": png(6),
        "__MACOSX/y.png": png(7),
        "a/Thumbs.db": b"x",
        "readme.MD": b"x",
        "a/README": b"x",
        "LICENSE.txt": b"x",
        "load.py": b"x",
        "model.safetensors": b"x",
    }
    commit = upload(hub, scans | others | left_out)
    found, said = opened()
    assert files_in(found.folder) == sorted([*scans, *others, ".data-set.json"])
    assert (found.folder / "data/test/benign/0.png").read_bytes() == png(77)
    assert said == [f"Fetching {DATA}@{commit}, MB"]
    assert found.data.name == f"{DATA}@{commit}"
    assert (found.data.licence, found.data.citation) == ("cc-by-4.0", f"{hub.endpoint}/datasets/{REPO}")
    assert not found.data.simulated


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return buffer.getvalue()


def test_a_zip_is_unpacked_as_one_on_the_disk(hub):
    scans = images() | {"empty/": b""}
    upload(hub, {"data/scans.zip": zipped(scans | {"__MACOSX/x.png": png(1)}), "labels.csv": b"file,label\n"})
    folder = opened()[0].folder
    assert files_in(folder) == sorted([*images(), "labels.csv", ".data-set.json"])
    assert (folder / "empty").is_dir()


def test_several_zips_have_a_folder_each(hub):
    upload(
        hub, {"train.zip": zipped(images()), "test.ZIP": zipped({"benign/0.png": png(1)}), "1.png": png(2)}
    )
    expected = [*(f"train/{file}" for file in images()), "test/benign/0.png", "1.png", ".data-set.json"]
    assert files_in(opened()[0].folder) == sorted(expected)


def test_arrays_are_unpacked_with_the_names_of_their_classes(hub):
    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (4, 5, 7), np.uint8)
    np.savez(buffer, images=pixels, labels=np.arange(4) % 2)
    upload(hub, {"scans.npz": buffer.getvalue()})
    with pytest.raises(
        UserError, match=r"has the labels 0, 1, which have no names; name each class: --map 0=N"
    ):
        open_dataset(DATA, lambda *_: None)
    first = open_dataset(DATA, lambda *_: None, {"0": "benign", "1": "malignant"}).folder
    second = open_dataset(DATA, lambda *_: None, {"0": "a", "1": "b"}).folder
    assert files_in(first)[1:3] == ["benign/0000.png", "benign/0002.png"]
    assert files_in(second)[1:3] == ["a/0000.png", "a/0002.png"]


def test_parquet_files_of_several_sets_have_a_folder_for_each(hub):
    rows = [{"image": {"bytes": png(n), "path": f"{n}.png"}, "class": c} for c, n in ROWS]
    upload(
        hub,
        {
            "data/train-00000-of-00001.parquet": table(rows[:5]),
            "data/test-00000-of-00001.parquet": table(rows[5:]),
        },
    )
    files = {file.rpartition("/")[0] for file in files_in(opened()[0].folder)} - {""}
    assert files == {"train/benign", "train/malignant", "test/malignant", "test/normal"}


ROWS = [(label, row * 10 + number) for row, label in enumerate(CLASSES) for number in range(3)]
NAMES = {"label": {"names": list(CLASSES), "_type": "ClassLabel"}}
CARD_WITH_NAMES = b"""---
dataset_info:
  features:
  - name: image
    dtype: image
  - name: label
    dtype:
      class_label:
        names:
          '0': benign
          '1': malignant
          '2': normal
license: cc-by-4.0
---
"""
PARQUET = {
    "label by number, names in the file": (
        [{"image": {"bytes": png(n), "path": f"{n}.png"}, "label": CLASSES.index(c)} for c, n in ROWS],
        NAMES,
        CARD,
        "malignant/11.png",
    ),
    "label by number, names in the card": (
        [{"image": {"bytes": png(n), "path": None}, "label": CLASSES.index(c)} for c, n in ROWS],
        {},
        CARD_WITH_NAMES,
        "malignant/train-00000 5.png",
    ),
    "class by name, plain bytes, names and masks in columns": (
        [{"image": png(n), "mask": png(0), "class_label": c, "image_id": f"{c} ({n})"} for c, n in ROWS],
        {},
        CARD,
        "malignant/malignant (11).png",
    ),
    "names that would leave the folder": (
        [{"image": {"bytes": png(n), "path": f"../../{n}.png"}, "class": c} for c, n in ROWS],
        {},
        CARD,
        "malignant/11.png",
    ),
}


@pytest.mark.parametrize("form", PARQUET)
def test_parquet(hub, form):
    rows, features, card, file = PARQUET[form]
    upload(hub, {"data/train-00000.parquet": table(rows, **features)}, card)
    found, said = opened()
    files = listed(found.folder)
    assert (len([name for name in files if "_mask" not in name]), files[file]) == (9, "malignant")
    assert (found.folder / file).read_bytes() == png(11)
    assert found.data.licence == "cc-by-4.0"
    assert "Unpacking images" in said


def test_rows_of_one_name_are_all_kept(hub):
    rows = [{"image": {"bytes": png(n), "path": "scan.png"}, "class": c} for c, n in ROWS]
    upload(hub, {"train-0.parquet": table(rows[:5]), "train-1.parquet": table(rows[5:])})
    files = listed(opened()[0].folder)
    assert len(files) == 9
    assert "benign/scan [3].png" in files


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"notes.txt": b"nothing"}, "has neither images, Parquet files nor a ZIP file: download it, arrange"),
        ({"model.onnx": b"nothing"}, "has neither images, Parquet files nor a ZIP file"),
        ({"a.zip": b"no ZIP"}, "a.zip is damaged or not a ZIP file"),
        ({"a.parquet": table([{"image": png(0), "species": "x"}])}, "no column 'label' or 'class'"),
        ({"a.parquet": table([{"scan": png(0), "label": "x"}])}, "no column 'image' or 'img'"),
        ({"a.parquet": table([{"image": b"", "label": "x"}])}, "row 1 of a.parquet has no image"),
        ({"a.parquet": table([{"image": png(0), "label": "../x"}])}, "is not a class name"),
        (
            {"a.parquet": table([{"image": png(0), "label": 7}], **NAMES)},
            "the label 7, which is not a class name",
        ),
        ({"a.parquet": b"no table"}, "a.parquet cannot be read as Parquet"),
    ],
)
def test_what_cannot_be_used_is_named(hub, tmp_path, files, told):
    upload(hub, files)
    with pytest.raises(UserError, match=told):
        opened()
    assert not list((tmp_path / "cache").rglob("*.png"))


def test_a_commit_is_fetched_once_and_a_branch_asked_for_each_time(hub):
    first = upload(hub, images())
    pinned = opened(f"{DATA}@{first}")[0]
    hub.log.clear()
    assert opened(f"{DATA}@{first}")[0] == pinned
    assert not hub.log
    assert opened()[0].folder == pinned.folder
    second = upload(hub, {"benign/new.png": png(55)})
    assert opened()[0].data.name.endswith(second)
    assert len(listed(opened()[0].folder)) == 10
    hub.stop()
    found, said = opened()
    assert found.data.name.endswith(second)
    assert "cannot be reached" in said[0]
    assert f"commit {second[:7]}" in said[0]


# What only a model has, or what leaves no trace in the sentence.
@pytest.mark.parametrize(
    "cause", [cause for cause, one in FAILURES.items() if one.fault or cause == "no network"]
)
def test_it_fails_with_the_sentences_of_a_model(hub, tmp_path, monkeypatch, cause):
    failure = FAILURES[cause]
    upload(hub, images())
    monkeypatch.setattr("time.sleep", lambda _: None)
    failure.arrange(hub, monkeypatch)
    hub.faults += [failure.fault] if failure.fault else []
    with pytest.raises(UserError) as caught:
        opened()
    assert failure.says in str(caught.value)
    assert DATA in str(caught.value)
    assert not list((tmp_path / "cache" / "breast-ultrasound").glob("*"))
    hub.faults.clear()
    if failure.mends:
        assert len(listed(opened()[0].folder)) == 9


@pytest.mark.parametrize("data", ["hf://datasets/scans", "hf://models/ann/tiny", f"{DATA}@../x"])
def test_other_names_are_refused(data):
    with pytest.raises(UserError, match=r"give hf://datasets/USER/NAME\[@REVISION\]"):
        opened(data)


@pytest.mark.parametrize(
    ("private", "told"), [(True, "or is private"), (False, "is gated: request access on")]
)
def test_a_data_set_that_not_everybody_may_see(hub, monkeypatch, private, told):
    upload(hub, images())
    hub.repos["datasets", REPO].private = private
    hub.repos["datasets", REPO].gated = not private
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(UserError, match=told) as caught:
        opened()
    assert private or f"{hub.endpoint}/datasets/{REPO}" in str(caught.value)


def test_the_model_card_links_the_data_set(tmp_path):
    commit = "0123456789" * 4
    data = {"name": f"{DATA}@{commit}", "simulated": False, "patient_ids": False}
    card = ModelCard(render(make_bundle(tmp_path / "tiny", data=data))).data
    assert card.datasets == [REPO]
    assert {(result.dataset_type, result.dataset_revision) for result in card.eval_results} == {
        (REPO, commit)
    }


@pytest.mark.parametrize("file", ["../1.png", "/etc/1.png", "a/../../1.png", "a\\..\\..\\1.png", "C:1.png"])
def test_no_path_leaves_the_folder_on_any_system(file):
    with pytest.raises(UserError, match="leads out of its folder"):
        _check_paths(Repository(REPO, "0" * 40, "dataset"), ["a/1.png", file])


def test_an_image_whose_name_is_taken_on_this_disk_is_refused(tmp_path):
    """A repository keeps `a/1.png` and `A/1.png` apart, which many disks do not."""
    snapshot = Snapshot(tmp_path / "snapshot", "0" * 40, None)
    pinned = Repository(REPO, "0" * 40, "dataset")
    files = ["benign/1.png", "malignant/1.png"]
    for file in files:
        (snapshot.folder / file).parent.mkdir(parents=True)
        (snapshot.folder / file).write_bytes(file.encode())
    (tmp_path / "out/malignant").mkdir(parents=True)
    taken = tmp_path / "out/malignant/1.png"  # as the disk answers after it has written MALIGNANT/1.png
    taken.write_bytes(b"another image")
    with pytest.raises(UserError, match=r"malignant/1\.png and another file have the same name"):
        _link_files(snapshot, files, tmp_path / "out", pinned)
    assert taken.read_bytes() == b"another image"
