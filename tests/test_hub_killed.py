"""A push that is killed, with SIGKILL, at each of its requests: the repository holds all or nothing."""

import multiprocessing
import os
import select

import pytest
from hub_server import Fault

from core.hub import pull
from core.hub_push import push
from core.manifest import CARD, MANIFEST, MODEL, SPLIT, WEIGHTS

REPO = "ann/tiny"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
# A process that has imported what a push needs, and forks for each one.
WORKERS = multiprocessing.get_context("forkserver")
WORKERS.set_forkserver_preload(["core.hub_push"])


def killed_push(hub, folder, fault):
    """Push in a process that the fault kills; tell whether it was."""
    worker = WORKERS.Process(
        target=push,
        args=(folder, REPO),
        kwargs={"tag": "v1", "token": hub.tokens["write"], "endpoint": hub.endpoint},
    )

    def kill():
        ended = os.pidfd_open(worker.pid)
        worker.kill()
        select.select([ended], [], [])
        os.close(ended)

    fault.before = kill
    hub.faults.append(fault)
    worker.start()
    worker.join()
    hub.faults.clear()
    assert worker.exitcode == (0 if fault.times else -9)
    return not fault.times


def held(hub):
    """The files of each commit of the repository, the oldest first."""
    return [set(files) for files in hub.model(REPO).commits.values()] if hub.repos else []


@pytest.mark.parametrize("state", ["new", "held before"])
def test_killed_at_any_request_and_repeated(hub, bundle, other, subtests, state):
    whole = {MANIFEST, MODEL, SPLIT, CARD, WEIGHTS}
    asked = 0
    while True:
        hub.repos.clear()
        for stored in hub.objects.iterdir():
            stored.unlink()
        if state == "held before":
            push(other, REPO, token=hub.tokens["write"])
        before = held(hub)
        hub.log.clear()
        # The request arrives and the answer does not: had it not arrived, all were as after the one before.
        if not killed_push(hub, bundle, Fault("", skip=asked, times=1)):
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
        asked += 1
    # As many as an undisturbed push makes, the commit and the tag among them.
    assert asked == len(hub.log)
    assert len(hub.requests("POST .*/(commit|tag)/")) == 2
