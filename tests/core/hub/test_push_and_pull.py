"""Pushing and pulling with the real client, over real HTTP, against a Hub on loopback."""

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import httpx2
import pandas as pd
import pytest
from hub_server import Fault, HubServer
from paths import ROOT

from core.bundle.card import render
from core.bundle.folder import open_bundle, read_manifest, write_manifest
from core.bundle.manifest import CARD, MANIFEST, MODEL, SPLIT, TEST_IMAGES, TEST_SET, VALIDATION, WEIGHTS
from core.bundle.tables import read_csv
from core.errors import UserError
from core.hub import client as hub_client
from core.hub.pull import pull
from core.hub.push import push
from core.hub.repository import ModelName, Repository

REPO = "ann/tiny"
# The client uploads in a way that its own HTTP library has come to dislike.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(anns_hub):
    return anns_hub


def sentence(hub, function, *arguments, **options):
    """Return what the user is told when this fails: one sentence, without a token."""
    with pytest.raises(UserError) as caught:
        function(*arguments, **options)
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert len(text) < 300
    assert not [role for role, token in hub.tokens.items() if token in text]
    return text


def same_files(left, right, *, apart_from=()):
    names = {path.name for path in right.iterdir()} - set(apart_from)
    return names and all((left / name).read_bytes() == (right / name).read_bytes() for name in names)


# Names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann/tiny", ModelName(repository=Repository("ann/tiny"))),
        ("ann/tiny@v1.0", ModelName(repository=Repository("ann/tiny", "v1.0"))),
        ("ann/tiny@refs/pr/1", ModelName(repository=Repository("ann/tiny", "refs/pr/1"))),
        ("./model", ModelName(folder=Path("model"))),
        ("../model", ModelName(folder=Path("../model"))),
        ("/data/model", ModelName(folder=Path("/data/model"))),
        ("~/model", ModelName(folder=Path.home() / "model")),
        ("tests", ModelName(folder=Path("tests"))),
    ],
)
def test_a_name_is_a_folder_or_a_repository(text, expected, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert ModelName.parse(text) == expected


def test_a_name_is_written_as_it_was_read():
    assert str(ModelName.parse("ann/tiny")) == "ann/tiny"
    assert str(ModelName.parse("ann/tiny@v1")) == "ann/tiny@v1"


@pytest.mark.parametrize("text", ["", "model", "a/b/c", "ann/tiny@", "ann/tiny@../..", "ann/ti ny", "@v1"])
def test_other_names_are_refused(text):
    with pytest.raises(UserError, match=r"is not a model: .*USER/REPO@REVISION\.$"):
        ModelName.parse(text)


# There and back


def test_what_is_pushed_comes_back(hub, bundle):
    pushed = push(bundle, REPO, tag="v1")
    assert (pushed.url, pushed.tag, pushed.changed) == (f"{hub.endpoint}/{REPO}", "v1", True)
    pulled = pull(f"{REPO}@v1", with_weights=True)
    assert pulled.commit == pushed.commit == hub.model(REPO).tags["v1"]
    # The published manifest does not list the test images, and the bundle had no card yet.
    assert same_files(bundle, pulled.folder, apart_from={MANIFEST, CARD})
    published = read_manifest(pulled.folder)
    assert published == read_manifest(bundle).without([TEST_IMAGES])
    assert (pulled.folder / CARD).read_text() == render(published)
    assert len(hub.requests("POST .*/commit/")) == 1


def test_the_app_does_not_pull_the_weights(hub, bundle):
    push(bundle, REPO)
    folder = pull(REPO).folder
    assert not (folder / WEIGHTS).exists()
    assert not hub.requests(f"(GET|HEAD) .*{WEIGHTS}")
    assert (pull(REPO, with_weights=True).folder / WEIGHTS).read_bytes() == (bundle / WEIGHTS).read_bytes()


def test_a_local_folder_is_checked_and_left_alone(hub, bundle):
    pulled = pull(str(bundle))
    assert (pulled.folder, pulled.commit) == (bundle, None)
    assert not hub.log
    (bundle / SPLIT).write_text("something else")
    assert "differs from its entry in bundle.json" in sentence(hub, pull, str(bundle))


@pytest.mark.usefixtures("hub")
def test_pulling_reports_bytes(bundle):
    push(bundle, REPO)
    steps = []
    folder = pull(REPO, progress=lambda done, known: steps.append((done, known))).folder
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert max(steps) == (size, size)


def test_a_long_name_of_a_branch_is_taken(hub, bundle):
    commit = push(bundle, REPO).commit
    hub.model(REPO).branches["try/one"] = commit
    assert pull(f"{REPO}@try/one").commit == commit
    hub.stop()
    assert pull(f"{REPO}@try/one").commit == commit


# What is published


def test_what_is_sent_is_said_before(hub, bundle):
    asked_before = []
    said = []

    def say(sentence):
        said.append(sentence)
        asked_before.append(len(hub.requests("PUT|POST .*/(preupload|commit)/")))

    push(bundle, REPO, progress=say)
    assert "publishes 39 file names, such as 'benign/benign (1).png'" in said[0]
    assert said[0].endswith("and no images.")
    sent = hub.model(REPO).commits[hub.model(REPO).branches["main"]]
    size = sum(blob.size for path, blob in sent.items() if path != ".gitattributes")
    assert said[1] == f"Uploading {len(sent) - 1} files, {size / 1e3:.1f} kB, to {hub.endpoint}/{REPO}."
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
    assert TEST_IMAGES not in hub.model(REPO).commits[hub.model(REPO).branches["main"]]


def test_file_names_can_be_hidden(hub, bundle):
    split = open_bundle(bundle).table(SPLIT)
    said = []
    push(bundle, REPO, hide_file_names=True, progress=said.append)
    assert "39 hash prefixes in place of file names" in said[0]
    assert split["file"].iloc[0] not in said[0]
    files = hub.model(REPO).commits[hub.model(REPO).branches["main"]]
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


def test_what_is_no_longer_published_goes_in_the_same_commit(hub, bundle):
    push(bundle, REPO, include_test_images=True, data_licence="CC BY 4.0")
    hub.commit(REPO, {"examples.md": b"written on the page"})
    commit = push(bundle, REPO).commit
    files = hub.model(REPO).commits[commit]
    assert TEST_IMAGES not in files
    assert "examples.md" in files
    assert len(hub.requests("POST .*/commit/")) == 2


def test_an_edited_card_is_kept(hub, bundle):
    (bundle / CARD).write_text(render(read_manifest(bundle)) + "\nTrained by Ann.\n")
    push(bundle, REPO)
    assert b"Trained by Ann." in hub.content(REPO, CARD)


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


def test_a_public_repository_is_not_taken_for_private(hub, bundle, other):
    before = push(bundle, REPO).commit
    assert "exists and is public" in sentence(hub, push, other, REPO, private=True)
    assert hub.model(REPO).branches["main"] == before


# Doing it again


def test_the_same_push_changes_nothing(hub, bundle):
    first = push(bundle, REPO, tag="v1")
    second = push(bundle, REPO, tag="v1")
    assert (second.commit, second.changed) == (first.commit, False)
    assert len(hub.requests("POST .*/(commit|tag)/")) == 2


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
        files = hub.model(REPO).commits[hub.model(REPO).branches["main"]]
        # What huggingface.co puts into a new repository, or that and the whole bundle.
        assert set(files) == {".gitattributes"} or {MANIFEST, MODEL, SPLIT, CARD, WEIGHTS} < set(files)
    commit = push(bundle, REPO, tag="v1").commit
    assert hub.model(REPO).tags == {"v1": commit}
    assert len(hub.model(REPO).commits) == 2
    assert pull(f"{REPO}@v1").commit == commit


def test_somebody_else_pushing_is_noticed(hub, bundle, other):
    push(bundle, REPO)
    hub.faults.append(Fault("POST .*/commit/", before=lambda: hub.commit(REPO, {"theirs.md": b"mine first"})))
    assert "ann/tiny was changed by somebody else" in sentence(hub, push, other, REPO)
    assert hub.content(REPO, "theirs.md") == b"mine first"
    assert hub.content(REPO, SPLIT) == (bundle / SPLIT).read_bytes()


def test_other_bytes_on_the_server_are_noticed(hub, bundle):
    def change():
        files = hub.model(REPO).commits[hub.model(REPO).branches["main"]]
        if MODEL in files:
            files[MODEL] = files[WEIGHTS]

    hub.faults.append(Fault("GET .*/tree/", before=change))
    assert "is damaged: publish it again" in sentence(hub, push, bundle, REPO, tag="v1")
    assert not hub.model(REPO).tags


# Who may push


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


# Pinned, moved, offline


@pytest.mark.usefixtures("hub")
def test_a_branch_moves_and_a_commit_does_not(bundle, other):
    first = push(bundle, REPO).commit
    assert pull(REPO).commit == first
    second = push(other, REPO).commit
    assert pull(REPO).commit == second
    assert same_files(bundle, pull(f"{REPO}@{first}").folder, apart_from={MANIFEST, CARD})


def test_a_cached_commit_costs_no_request(hub, bundle):
    commit = push(bundle, REPO).commit
    pull(f"{REPO}@{commit}")
    hub.log.clear()
    pull(f"{REPO}@{commit}")
    assert not hub.log


@pytest.mark.parametrize("revision", ["", "@main", "@v1"])
def test_what_is_cached_serves_without_a_hub(hub, bundle, revision):
    commit = push(bundle, REPO, tag="v1").commit
    pull(f"{REPO}{revision}")
    hub.stop()
    assert pull(f"{REPO}{revision}").commit == commit
    assert pull(f"{REPO}@{commit}").commit == commit
    assert "cannot be reached" in sentence(hub, pull, "ann/never-pulled")
    assert "cannot be reached" in sentence(hub, pull, f"{REPO}@v2")
    assert "cannot be reached" in sentence(hub, push, bundle, REPO)


def test_a_failed_update_does_not_hide_the_older_copy(hub, bundle, other):
    first = push(bundle, REPO).commit
    pull(REPO)
    push(other, REPO)
    hub.faults.append(Fault("GET /storage/", status=403))
    assert "may not read" in sentence(hub, pull, REPO)
    hub.stop()
    assert pull(REPO).commit == first


@pytest.mark.parametrize(
    ("revision", "environment"),
    [("", {"HF_HUB_OFFLINE": "1"}), ("@{commit}", {})],
    ids=["offline mode", "pinned"],
)
def test_a_new_process_makes_no_request(hub, bundle, revision, environment):
    commit = push(bundle, REPO).commit
    pull(REPO)
    hub.log.clear()
    program = f"from core.hub.pull import pull; print(pull({REPO + revision.format(commit=commit)!r}).commit)"
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert answer.stdout.strip() == commit
    assert not hub.log


# What can go wrong with a pull


def test_a_repository_that_does_not_exist(hub, monkeypatch):
    start = "There is no folder ann/nothing. ann/nothing does not exist on the Hub"
    assert sentence(hub, pull, "ann/nothing").startswith(f"{start}, or your token")
    monkeypatch.delenv("HF_TOKEN")
    assert sentence(hub, pull, "ann/nothing").startswith(f"{start} or is private")


@pytest.mark.parametrize("revision", ["v9", "0" * 40])
def test_a_revision_that_does_not_exist(hub, bundle, revision):
    push(bundle, REPO)
    assert "no such tag, branch or commit" in sentence(hub, pull, f"{REPO}@{revision}")


def test_a_gated_repository(hub, bundle):
    push(bundle, REPO)
    hub.model(REPO).gated = True
    text = sentence(hub, pull, REPO)
    assert f"is gated: request access on {hub.endpoint}/{REPO}," in text


def test_a_repository_that_is_no_bundle(hub):
    hub.commit("bob/poems", {"README.md": b"# Poems"})
    assert "cannot be used: " in sentence(hub, pull, "bob/poems")


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (401, {}, "rejects the token"),
        (403, {}, "The token may not read ann/tiny"),
        (404, {}, "does not exist on the Hub"),
        (429, {}, "rate-limiting requests"),
        (429, {"Retry-After": "3600"}, "again in 3600 s"),
        (429, {"ratelimit": '"api";r=0;t=250'}, "again in 250 s"),
        (500, {}, "(HTTP 500)"),
        (503, {"Retry-After": "600"}, "again in 600 s"),
        (418, {}, "(HTTP 418)"),
    ],
)
def test_the_hub_answers_with_an_error(hub, bundle, status, headers, expected):
    push(bundle, REPO)
    hub.faults.append(Fault("GET /api/models/", status=status, headers=headers))
    assert expected in sentence(hub, pull, REPO)


def test_a_short_pause_is_granted(hub, bundle):
    push(bundle, REPO)
    busy = Fault("GET|HEAD", status=429, headers={"Retry-After": "0"}, times=3)
    hub.faults.append(busy)
    assert pull(REPO).commit
    assert busy.times == 0


def test_a_damaged_download_is_fetched_again(hub, bundle):
    push(bundle, REPO)
    hub.faults.append(Fault("GET /storage/", corrupt=True, times=1))
    assert "arrived damaged and was removed; fetch it again" in sentence(hub, pull, REPO)
    assert same_files(bundle, pull(REPO).folder, apart_from={MANIFEST, CARD})


def test_a_download_that_is_cut_goes_on(hub, bundle):
    push(bundle, REPO)
    hub.faults.append(Fault("GET /storage/", cut_after=100, times=1))
    open_bundle(pull(REPO).folder)


def test_a_connection_that_is_reset(hub, bundle):
    push(bundle, REPO)
    hub.faults.append(Fault("GET /storage/", reset_after=100))
    assert "The connection was lost" in sentence(hub, pull, REPO)
    hub.faults.clear()
    assert pull(REPO).commit


@pytest.mark.parametrize(
    ("where", "after"),
    [("GET /api/", 0), ("GET /api/", 10), ("HEAD ", 0), ("GET /storage/", 0), ("GET /storage/", 10)],
)
def test_a_hub_that_falls_silent(hub, bundle, monkeypatch, where, after):
    push(bundle, REPO)
    monkeypatch.setattr(hub_client, "TIMEOUT", 0.3)
    hub.faults.append(Fault(where, stall_after=after))
    hub.log.clear()
    assert "did not respond for 0.3 s" in sentence(hub, pull, REPO)
    # Not asked again: each further try would take as long.
    asked = [entry.path for entry in hub.requests(where)]
    assert len(asked) == len(set(asked))


def test_a_hub_that_talks_nonsense(hub, bundle):
    push(bundle, REPO)
    hub.faults.append(Fault("GET /api/models/", corrupt=True))
    assert "returned an unexpected response" in sentence(hub, pull, REPO)


def test_a_full_disk(hub, bundle, tmp_path):
    push(bundle, REPO)
    (tmp_path / "hf-home" / "hub").mkdir(parents=True)
    (tmp_path / "hf-home" / "hub" / "models--ann--tiny").write_text("not a folder")
    assert "cannot be written to the cache" in sentence(hub, pull, REPO)


def test_a_model_that_claims_to_be_huge_is_not_fetched(hub, bundle, monkeypatch):
    push(bundle, REPO)
    monkeypatch.setattr("core.hub.pull.MAX_BYTES", 1_000)
    before = len(hub.log)
    assert "at most 0.0 GB are allowed" in sentence(hub, pull, REPO)
    assert not [entry for entry in hub.log[before:] if "/resolve/" in entry.path]


def test_the_server_itself_notices_a_token_at_the_storage():
    hub = HubServer()
    hub.__enter__()
    address = hub.endpoint.replace("127.0.0.1", "localhost")
    httpx2.get(address, headers={"Authorization": f"Bearer {hub.tokens['read']}"})
    with pytest.raises(AssertionError, match="reached the storage origin"):
        hub.__exit__()
