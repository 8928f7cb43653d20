"""Commits have all changes, are verified on the server, and overwrite nothing of others."""

import pytest
from hub_checks import sentence
from hub_failures import REPO
from hub_server import Fault

from core.bundle.manifest import MODEL, SPLIT, TEST_IMAGES, WEIGHTS
from core.hub.client import hub_api
from core.hub.commit import find_changes
from core.hub.push import push
from core.hub.repository import Repository

# The client uploads in a way that its own HTTP library deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(anns_hub):
    return anns_hub


def test_what_is_no_longer_published_goes_in_the_same_commit(hub, bundle):
    push(bundle, REPO, include_test_images=True, data_licence="CC BY 4.0")
    hub.commit(REPO, {"examples.md": b"written on the page"})
    commit = push(bundle, REPO).commit
    files = hub.model(REPO).commits[commit]
    assert TEST_IMAGES not in files
    assert "examples.md" in files
    assert len(hub.requests("POST .*/commit/")) == 2


def test_a_public_repository_is_not_taken_for_private(hub, bundle, other):
    before = push(bundle, REPO).commit
    assert "exists and is public" in sentence(hub, push, other, REPO, private=True)
    assert hub.model(REPO).branches["main"] == before


def test_somebody_else_pushing_is_noticed(hub, bundle, other):
    push(bundle, REPO)
    hub.faults.append(Fault("POST .*/commit/", before=lambda: hub.commit(REPO, {"theirs.md": b"mine first"})))
    assert "ann/tiny was changed by somebody else" in sentence(hub, push, other, REPO)
    assert hub.content(REPO, "theirs.md") == b"mine first"
    assert hub.content(REPO, SPLIT) == (bundle / SPLIT).read_bytes()


def test_other_bytes_on_the_server_are_noticed(hub, bundle):
    def change():
        files = hub.model(REPO).newest
        if MODEL in files:
            files[MODEL] = files[WEIGHTS]

    hub.faults.append(Fault("GET .*/tree/", before=change))
    assert "is damaged: publish it again" in sentence(hub, push, bundle, REPO, tag="v1")
    assert not hub.model(REPO).tags


def test_changes_are_new_changed_and_deleted_files(hub, tmp_path):
    (tmp_path / "same.md").write_bytes(b"same")
    before = {"same.md": b"same", "changed.md": b"old", "mine.md": b"mine", "theirs.md": b"theirs"}
    parent = hub.commit(REPO, before)
    content = {"same.md": tmp_path / "same.md", "changed.md": b"newer", "new.md": b"new"}
    changes = find_changes(hub_api(None, None), Repository(REPO), parent, content, {"mine.md"}.__contains__)
    assert (set(changes.added), changes.deleted, changes.size) == ({"changed.md", "new.md"}, {"mine.md"}, 8)
    assert changes
    nothing = find_changes(hub_api(None, None), Repository(REPO), parent, {"same.md": b"same"}, bool)
    assert (nothing.added, nothing.deleted) == ({}, {"changed.md", "mine.md", "theirs.md"})
