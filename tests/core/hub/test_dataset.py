"""A data set of the Hub as DATA: an image folder or Parquet files, pinned, with the errors of a model."""

import io
import json

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
from core.hub.dataset import _link_images
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


@pytest.mark.parametrize(
    ("pattern", "file"),
    [
        ("{label}/{number}.png", "benign/0.png"),
        ("data/{label}/{number}.png", "benign/0.png"),
        ("data/train/{label}/{number}.png", "benign/0.png"),
        ("{label}/patient {number}/scan.png", "benign/patient 0/scan.png"),
    ],
)
def test_an_image_folder(hub, pattern, file):
    commit = upload(hub, images(pattern) | {"preview.png": png(99), ".hidden/x.png": png(98)})
    found, said = opened()
    files = listed(found.folder)
    assert len(files) == 9
    assert files[file] == "benign"
    assert said == [f"Fetching {DATA}@{commit}, MB"]
    assert (found.folder / file).read_bytes() == png(0)
    assert found.data.name == f"{DATA}@{commit}"
    assert (found.data.licence, found.data.citation) == ("cc-by-4.0", f"{hub.endpoint}/datasets/{REPO}")
    assert not found.data.simulated


def test_parts_of_an_image_folder_are_joined(hub):
    upload(hub, images("train/{label}/{number}.png") | {"test/benign/0.png": png(77)})
    files = listed(opened()[0].folder)
    assert len(files) == 10
    assert {"benign/train/0.png", "benign/test/0.png"} < set(files)


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
    assert (len(files), files[file]) == (9, "malignant")
    assert (found.folder / file).read_bytes() == png(11)
    assert found.data.licence == "cc-by-4.0"
    assert "Unpacking images" in said


def test_rows_of_one_name_are_all_kept(hub):
    rows = [{"image": {"bytes": png(n), "path": "scan.png"}, "class": c} for c, n in ROWS]
    upload(hub, {"train.parquet": table(rows[:5]), "test.parquet": table(rows[5:])})
    files = listed(opened()[0].folder)
    assert len(files) == 9
    assert "benign/scan [3].png" in files


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"notes.txt": b"nothing"}, "has neither images in one folder per class"),
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
    with pytest.raises(UserError, match=r"malignant/1\.png and another image have the same name"):
        _link_images(snapshot, files, tmp_path / "out", pinned)
    assert taken.read_bytes() == b"another image"
