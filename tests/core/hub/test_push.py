"""Pushing with the real client, over real HTTP, to a Hub on loopback."""

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pandas as pd
import pytest
from hub_checks import sentence
from hub_failures import REPO
from hub_server import Fault
from paths import ROOT

from core.bundle.card import render
from core.bundle.folder import open_bundle, read_manifest, write_manifest
from core.bundle.manifest import CARD, MANIFEST, MODEL, SPLIT, TEST_IMAGES, TEST_SET, VALIDATION, WEIGHTS
from core.bundle.tables import read_csv
from core.files import size_in_words
from core.hub.pull import pull
from core.hub.push import check_destination, push

# The client uploads in a way that its own HTTP library deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(anns_hub):
    return anns_hub


def test_what_is_sent_is_said_before(hub, bundle):
    asked_before = []
    said = []

    def say(sentence):
        said.append(sentence)
        asked_before.append(len(hub.requests("PUT|POST .*/(preupload|commit)/")))

    push(bundle, REPO, progress=say)
    assert "publishes 39 file names, such as 'benign/benign (1).png'" in said[0]
    assert said[0].endswith("and no images. The model is named 'tiny-phantom', the data 'phantom'.")
    sent = hub.model(REPO).newest
    size = sum(blob.size for path, blob in sent.items() if path != ".gitattributes")
    assert said[1] == f"Uploading {len(sent) - 1} files, {size_in_words(size)}, to {hub.endpoint}/{REPO}."
    assert asked_before[:2] == [0, 0]


@pytest.mark.usefixtures("hub")
def test_a_terminal_shows_progress(bundle):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    pushing = subprocess.Popen(
        [sys.executable, "train_cli.py", "push", bundle, REPO],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    # The end of a terminal is an error, on Linux.
    with contextlib.suppress(OSError):
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    assert pushing.wait() == 0
    assert "LFS files: 100%" in shown.decode()


def test_test_images_stay_at_home(hub, bundle):
    push(bundle, REPO)
    assert TEST_IMAGES not in hub.model(REPO).newest


def test_file_names_can_be_hidden(hub, bundle):
    split = open_bundle(bundle).table(SPLIT)
    said = []
    push(bundle, REPO, hide_file_names=True, progress=said.append)
    assert "39 hash prefixes in place of file names" in said[0]
    assert split["file"].iloc[0] not in said[0]
    files = hub.model(REPO).newest
    published = b"".join(hub.content(REPO, path) for path in files)
    assert b".png" not in published
    pulled = pull(REPO).bundle
    assert pulled.table(SPLIT)["file"].tolist() == split["sha256"].str[:12].tolist()
    own = open_bundle(bundle)
    named = dict(zip(split["file"], split["sha256"], strict=True))
    for name in (TEST_SET, VALIDATION):
        hidden, shown = pulled.table(name), own.table(name)
        assert hidden["file"].tolist() == [named[file][:12] for file in shown["file"]]
        pd.testing.assert_frame_equal(hidden.drop(columns="file"), shown.drop(columns="file"))
    assert not push(bundle, REPO, hide_file_names=True).changed


@pytest.mark.usefixtures("hub")
def test_copies_keep_names_of_their_own_when_names_are_hidden(bundle):
    split = read_csv(bundle / SPLIT)
    split.loc[1, "sha256"] = split.loc[0, "sha256"]
    split.to_csv(bundle / SPLIT, index=False)
    write_manifest(bundle, **read_manifest(bundle).model_dump(exclude={"files", "schema_version"}))
    push(bundle, REPO, hide_file_names=True)
    names = pull(REPO).bundle.table(SPLIT)["file"]
    assert names.is_unique
    assert names[1] == f"{names[0]}-2"


def test_test_images_need_a_licence(hub, bundle):
    assert "--data-licence" in sentence(hub, push, bundle, REPO, include_test_images=True)
    assert not hub.log
    push(bundle, REPO, include_test_images=True, data_licence="CC BY 4.0")
    folder = pull(REPO).folder
    assert (folder / TEST_IMAGES).read_bytes() == (bundle / TEST_IMAGES).read_bytes()
    assert read_manifest(folder).data.licence == "CC BY 4.0"
    assert "CC BY 4.0" in (folder / CARD).read_text()


def test_an_edited_card_is_kept(hub, bundle):
    (bundle / CARD).write_text(render(read_manifest(bundle)) + "\nTrained by Ann.\n")
    push(bundle, REPO)
    assert b"Trained by Ann." in hub.content(REPO, CARD)
    push(bundle, REPO, include_test_images=True, data_licence="CC BY 4.0")
    assert b"Trained by Ann.\n\nLicence of the data: CC BY 4.0.\n" in hub.content(REPO, CARD)


def test_the_command_line_of_an_edited_card_loses_its_paths(hub, bundle):
    old = "python train_cli.py train data --output Mueller_1970"
    (bundle / CARD).write_text(f"# Mine\n\n```\n{old}\n```\n")
    push(bundle, REPO)
    assert b"train DATA --output OUTPUT" in hub.content(REPO, CARD)
    assert b"Mueller" not in hub.content(REPO, CARD)


def test_a_damaged_bundle_is_not_published(hub, bundle):
    (bundle / MODEL).write_bytes((bundle / MODEL).read_bytes()[:-1])
    assert "differs from its entry in bundle.json" in sentence(hub, push, bundle, REPO)
    assert not hub.log


def test_private_is_private(hub, bundle, monkeypatch):
    push(bundle, REPO, private=True)
    assert hub.model(REPO).private
    monkeypatch.delenv("HF_TOKEN")
    assert "or is private" in sentence(hub, pull, REPO)
    assert pull(REPO, token=hub.tokens["read"]).commit


def test_the_same_push_changes_nothing(hub, bundle):
    first = push(bundle, REPO, tag="v1")
    second = push(bundle, REPO, tag="v1")
    assert (second.commit, second.changed) == (first.commit, False)
    assert len(hub.requests("POST .*/(commit|tag)/")) == 2


def test_a_tag_is_checked_before_anything_is_sent(hub, bundle):
    assert "'v 1' cannot be a tag" in sentence(hub, push, bundle, REPO, tag="v 1")
    assert "'' cannot be a tag" in sentence(hub, push, bundle, REPO, tag="")
    assert "'v~1' cannot be a tag" in sentence(hub, check_destination, REPO, "v~1")
    assert not hub.log
    check_destination(REPO, "v1")  # the repository does not exist yet
    push(bundle, REPO, tag="v1")
    check_destination(REPO, "v2")
    text = sentence(hub, check_destination, REPO, "v1")
    assert "already has a tag v1 with other content" in text
    assert "--tag v2." in text
    hub.faults.append(Fault("GET /api/models/", status=500))
    assert "(HTTP 500)" in sentence(hub, check_destination, REPO, "v2")


def test_a_tag_is_not_moved(hub, bundle, other):
    first = push(bundle, REPO, tag="v1").commit
    hub.model(REPO).tags["v2"] = first
    text = sentence(hub, push, other, REPO, tag="v1")
    assert "already has a tag v1 with other content" in text
    assert "--tag v3" in text
    assert hub.model(REPO).branches["main"] == first
    push(other, REPO, tag="v3")
    assert pull(f"{REPO}@v1").commit == first


BROKEN_OFF = {
    "create, before": Fault("POST /api/repos/create", status=400),
    "create, answer lost": Fault("POST /api/repos/create", reset_after=0),
    "preupload": Fault("POST .*/preupload/", status=400),
    "batch": Fault("POST .*/objects/batch", status=400),
    "upload": Fault("PUT /storage/", status=400),
    "verify": Fault("POST .*/lfs/verify", status=400),
    "commit, before": Fault("POST .*/commit/", status=500),
    "commit, answer lost": Fault("POST .*/commit/", reset_after=0),
    "check": Fault("GET .*/tree/", status=400),
    "tag, before": Fault("POST .*/tag/", status=500),
    "tag, answer lost": Fault("POST .*/tag/", reset_after=0),
}


@pytest.mark.parametrize("where", BROKEN_OFF)
def test_a_push_that_breaks_off_leaves_all_or_nothing(hub, bundle, where):
    hub.faults.append(BROKEN_OFF[where])
    sentence(hub, push, bundle, REPO, tag="v1")
    hub.faults.clear()
    if hub.repos:
        files = hub.model(REPO).newest
        # What huggingface.co puts into a new repository, or that and the whole bundle.
        assert set(files) == {".gitattributes"} or {MANIFEST, MODEL, SPLIT, CARD, WEIGHTS} < set(files)
    commit = push(bundle, REPO, tag="v1").commit
    assert hub.model(REPO).tags == {"v1": commit}
    assert len(hub.model(REPO).commits) == 2
    assert pull(f"{REPO}@v1").commit == commit


def test_pushing_needs_a_token(hub, bundle, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    assert "needs a token" in sentence(hub, push, bundle, REPO)
    assert not hub.log


@pytest.mark.parametrize(
    ("role", "repo", "expected"),
    [
        ("read", "ann/tiny", "may not write to ann/tiny"),
        ("write", "bob/tiny", "may not write to bob/tiny"),
        ("unknown", "ann/tiny", "rejects the token"),
    ],
)
def test_a_token_that_may_not_write(hub, bundle, role, repo, expected):
    token = hub.tokens.get(role, "hf_unknown")
    assert expected in sentence(hub, push, bundle, repo, token=token)
    assert not hub.repos


def test_a_read_only_token_leaves_an_existing_repository_alone(hub, bundle, other):
    first = push(bundle, REPO).commit
    hub.log.clear()
    text = sentence(hub, push, other, REPO, tag="v1", token=hub.tokens["read"])
    assert "may not write to ann/tiny" in text
    assert hub.model(REPO).branches["main"] == first
    assert not hub.requests("PUT |POST .*/commit/")


def test_a_name_with_a_revision_is_not_pushed_to(hub, bundle):
    assert "is not USER/REPO" in sentence(hub, push, bundle, "ann/tiny@v1")
    assert "is not USER/REPO" in sentence(hub, push, bundle, str(bundle))
