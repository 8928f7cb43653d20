"""A data set of the Hub as DATA: files as they stand, pinned, with the errors of a model."""

import pytest
from bundles import make_bundle
from hub_datasets import DATA, REPO, files_in, images, opened, png, upload
from hub_failures import FAILURES
from huggingface_hub import ModelCard
from reading import listed

from core.bundle.card import render
from core.errors import UserError
from core.hub.dataset import _check_paths, _link_files
from core.hub.repository import Repository
from core.hub.snapshot import Snapshot

pytestmark = [
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
    pytest.mark.usefixtures("empty_cache"),
]


@pytest.fixture
def hub(anns_hub):
    return anns_hub


def test_files_stand_as_in_the_repository(hub, tmp_path):
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
    # What an earlier version made of the same commit has other paths.
    (tmp_path / f"cache/breast-ultrasound/hub-ann--scans-{commit}/benign").mkdir(parents=True)
    found, said = opened()
    asked = " ".join(str(request) for request in hub.log)
    assert "IM0001" in asked
    assert not [name for name in ("model.safetensors", "load.py", ".hidden") if name in asked]
    assert files_in(found.folder) == sorted([*scans, *others, ".data-set.json"])
    assert (found.folder / "data/test/benign/0.png").read_bytes() == png(77)
    assert said == [f"Fetching {DATA}@{commit}, MB"]
    assert found.data.name == f"{DATA}@{commit}"
    assert (found.data.licence, found.data.citation) == ("cc-by-4.0", f"{hub.endpoint}/datasets/{REPO}")
    assert not found.data.simulated


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


@pytest.mark.parametrize(
    "card",
    [b"---\nlicense: 3\n---\n", b"---\nlicense: {a: b}\n---\n", b"---\nlicense: [1, {a: b}]\n---\n"],
)
def test_a_licence_that_is_no_text_breaks_nothing(hub, card):
    upload(hub, images(), card)
    found, _ = opened()
    assert found.data.licence in (None, "3", "1")


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


def test_such_a_path_on_the_hub_is_refused_before_anything_is_fetched(hub):
    upload(hub, images() | {"C:1.png": png(1)})
    with pytest.raises(UserError, match=r"the path C:1\.png leads out of its folder"):
        opened()


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
