"""File names that an earlier commit of a repository has."""

import pytest
from hub_failures import REPO

from core.bundle.manifest import SPLIT
from core.hub.client import hub_api
from core.hub.file_names import revision_with_file_names
from core.hub.push import push
from core.hub.repository import check_repository

# The client uploads in a way that its own HTTP library deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(anns_hub):
    return anns_hub


def test_hiding_names_warns_of_the_commit_that_has_them(hub, bundle, other):
    said = []
    hidden = push(bundle, REPO, hide_file_names=True, progress=said.append).commit
    push(bundle, REPO, hide_file_names=True, progress=said.append)
    assert not [sentence for sentence in said if "Warning" in sentence]
    shown = push(bundle, REPO).commit
    for content in (bundle, other):  # the commit with the names is the newest, and then an earlier one
        said.clear()
        push(content, REPO, hide_file_names=True, progress=said.append)
        (warning,) = [sentence for sentence in said if sentence.startswith("Warning")]
        assert f"in commit {shown[:12]} of {REPO}" in warning
        assert hidden[:12] not in warning
    # A tag keeps a commit that is on no branch.
    repo = hub.model(REPO)
    repo.tags["v1"], repo.branches["main"] = shown, hidden
    said.clear()
    assert not push(bundle, REPO, hide_file_names=True, progress=said.append).changed
    assert shown[:12] in " ".join(said)


def test_what_is_no_table_may_be_a_list_of_names(hub):
    def revision() -> str | None:
        return revision_with_file_names(hub_api(None, None), check_repository(REPO))

    hub.commit(REPO, {"README.md": b"no bundle"})
    assert revision() is None
    hub.commit(REPO, {SPLIT: b"file,part\n0123456789ab,test\n0123456789ab-2,test\n"})
    assert revision() is None
    unclear = hub.commit(REPO, {SPLIT: b'"'})
    assert revision() == unclear
