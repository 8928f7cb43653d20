"""A push that is killed, with SIGKILL, at each of its requests: the repository holds all or nothing."""

import pytest
from killing import killed_at

from core.bundle.manifest import CARD, MANIFEST, MODEL, SPLIT, WEIGHTS
from core.hub.pull import pull
from core.hub.push import push

REPO = "ann/tiny"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def held(hub):
    """The files of each commit of the repository, the oldest first."""
    return [set(files) for files in hub.model(REPO).commits.values()] if hub.repos else []


@pytest.mark.slow
@pytest.mark.parametrize("state", ["new", "held before"])
def test_killed_at_any_request_and_repeated(hub, bundle, other, subtests, state):
    whole = {MANIFEST, MODEL, SPLIT, CARD, WEIGHTS}
    number = 0
    while True:
        hub.empty()
        if state == "held before":
            push(other, REPO, token=hub.tokens["write"])
        before = held(hub)
        hub.log.clear()
        if not killed_at(hub, number, push, bundle, REPO, tag="v1"):
            break
        with subtests.test(f"{hub.log[-1].method} {hub.log[-1].path}"):
            after = held(hub)
            assert after[: len(before)] == before
            assert len(after) <= max(len(before), 1) + 1
            assert after in (before, [{".gitattributes"}]) or whole < after[-1]
            commit = push(bundle, REPO, tag="v1", token=hub.tokens["write"]).commit
            assert len(held(hub)) == max(len(before), 1) + 1
            assert hub.model(REPO).tags == {"v1": commit}
            assert (pull(f"{REPO}@v1").folder / MODEL).read_bytes() == (bundle / MODEL).read_bytes()
        number += 1
    # As many as an undisturbed push makes, the commit and the tag among them.
    assert number == len(hub.log)
    assert len(hub.requests("POST .*/(commit|tag)/")) == 2
