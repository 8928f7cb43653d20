"""Commits in the cache: pinned, moved, offline, and damaged on the way."""

import os
import subprocess
import sys

import pytest
from hub_checks import same_files, sentence
from hub_failures import REPO
from hub_server import Fault
from huggingface_hub import constants
from paths import ROOT

from core.bundle.folder import open_bundle
from core.bundle.manifest import CARD, MANIFEST
from core.hub.pull import pull
from core.hub.push import push
from core.hub.repository import Repository
from core.hub.snapshot import save_commit, saved_commit

# The client uploads in a way that its own HTTP library deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(anns_hub):
    return anns_hub


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


@pytest.mark.parametrize("cache", ["~/.cache/huggingface/hub", "hub"])
def test_a_cache_is_never_made_in_the_current_folder(hub, tmp_path, monkeypatch, cache):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", cache)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    for model in (REPO, f"{REPO}@{'0a' * 20}"):
        text = sentence(hub, pull, model)
        assert f"the Hub's cache is '{cache}'; set HF_HOME to a folder by its whole path" in text
    assert sorted(tmp_path.iterdir()) == before
    assert not hub.log


def test_a_cache_that_cannot_be_written_names_the_variable(hub, bundle, tmp_path, monkeypatch):
    push(bundle, REPO)
    (tmp_path / "file").touch()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file" / "hub"))
    text = sentence(hub, pull, REPO)
    assert "cannot be written to the cache (Not a directory): free disk space, or set HF_HOME" in text


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


def test_a_damaged_download_is_fetched_again(hub, bundle):
    push(bundle, REPO)
    hub.faults.append(Fault("GET /storage/", corrupt=True, times=1))
    assert "arrived damaged and was removed; fetch it again" in sentence(hub, pull, REPO)
    assert same_files(bundle, pull(REPO).folder, apart_from={MANIFEST, CARD})


def test_a_download_that_is_cut_goes_on(hub, bundle):
    push(bundle, REPO)
    hub.faults.append(Fault("GET /storage/", cut_after=100, times=1))
    open_bundle(pull(REPO).folder)


def test_a_full_disk(hub, bundle, tmp_path):
    push(bundle, REPO)
    (tmp_path / "hf-home" / "hub").mkdir(parents=True)
    (tmp_path / "hf-home" / "hub" / "models--ann--tiny").write_text("not a folder")
    assert "cannot be written to the cache" in sentence(hub, pull, REPO)


@pytest.mark.usefixtures("hub")
def test_a_commit_is_saved_for_a_tag_and_replaced_by_the_next():
    tag, pinned = Repository(REPO, "try/one"), Repository(REPO, "0a" * 20)
    assert saved_commit(tag) is None
    for commit in ("0a" * 20, "0b" * 20):
        save_commit(tag, commit)
        assert saved_commit(tag) == commit
    save_commit(pinned, "0a" * 20)
    assert saved_commit(pinned) is None
