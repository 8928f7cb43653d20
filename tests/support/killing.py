"""Processes that end by SIGKILL in the midst of a request, to see what they leave on the Hub."""

from __future__ import annotations

import multiprocessing
import os
import select
from typing import TYPE_CHECKING, Any

from hub_server import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub_server import HubServer

# A process that has imported what publishing needs, and forks for each call.
WORKERS = multiprocessing.get_context("forkserver")
WORKERS.set_forkserver_preload(["core.hub.push", "core.hub.space"])


def killed_at(
    hub: HubServer, number: int, function: Callable[..., Any], *arguments: Any, **options: Any
) -> bool:
    """Call a function in a process that is killed when its request of this number has arrived, unanswered.

    Had the request not arrived either, all were as after the request before it.

    Returns:
        False if the function made fewer requests and ended.
    """
    options |= {"token": hub.tokens["write"], "endpoint": hub.endpoint}
    worker = WORKERS.Process(target=function, args=arguments, kwargs=options)

    def kill() -> None:
        ended = os.pidfd_open(worker.pid)
        worker.kill()
        select.select([ended], [], [])
        os.close(ended)

    fault = Fault("", before=kill, skip=number, times=1)
    hub.faults.append(fault)
    worker.start()
    worker.join()
    hub.faults.clear()
    was_killed = fault.times == 0
    assert worker.exitcode == (-9 if was_killed else 0)
    return was_killed
