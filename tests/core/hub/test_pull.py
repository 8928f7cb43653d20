"""Pulling with the real client, over real HTTP, from a Hub on loopback."""

import pytest
from hub_checks import same_files, sentence
from hub_failures import REPO

from core.bundle.card import render
from core.bundle.folder import read_manifest
from core.bundle.manifest import CARD, MANIFEST, SPLIT, TEST_IMAGES, WEIGHTS
from core.hub.pull import pull
from core.hub.push import push

# The client uploads in a way that its own HTTP library deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(anns_hub):
    return anns_hub


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


def test_a_model_that_claims_to_be_huge_is_not_fetched(hub, bundle, monkeypatch):
    push(bundle, REPO)
    monkeypatch.setattr("core.hub.pull.MAX_BYTES", 1_000)
    before = len(hub.log)
    assert "at most 1.0 kB are allowed" in sentence(hub, pull, REPO)
    assert not [entry for entry in hub.log[before:] if "/resolve/" in entry.path]
