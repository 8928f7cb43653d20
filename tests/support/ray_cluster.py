"""A Ray cluster on loopback: a head for the command, and nodes for trainings, of processes of their own.

As a program, it is a node that joins a cluster until its standard input ends, with the file system of the
process that starts it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from importlib.metadata import distributions
from typing import TYPE_CHECKING

import pytest
from command_line import TINY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ray.cluster_utils import Cluster

# Enough epochs to be killed in the midst.
TRAININGS = [*TINY, "--fine-tune", "all", "--epochs", 30, "--batch-size", 16]
FOLDED = [*TRAININGS, "--folds", 2]
needs_cpu_build = pytest.mark.skipif(
    not list(distributions(name="tensorflow-cpu")), reason="tensorflow-cpu is not here"
)
# A node notices that its head is gone after so many seconds, instead of 60.
_HEAD_LOST_AFTER = "20"
_NODE = {"node_ip_address": "127.0.0.1", "num_cpus": 1}


@contextmanager
def started_cluster(nodes: int, **resources: int) -> Iterator[Cluster]:
    """Start a cluster whose head runs no training, with nodes that run one each.

    Args:
        nodes: number of nodes.
        resources: what else each has by its word, such as ``num_gpus``.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", _HEAD_LOST_AFTER)
        from ray.cluster_utils import Cluster

        cluster = Cluster(shutdown_at_exit=False)
        try:
            cluster.add_node(**_NODE | {"num_cpus": 0}, include_dashboard=False)
            for _ in range(nodes):
                cluster.add_node(**_NODE, **resources)
            yield cluster
        finally:
            cluster.shutdown()


@contextmanager
def node_with_mounts(cluster: Cluster, *mounts: str) -> Iterator[None]:
    """Let a node join that sees another file system.

    Args:
        cluster: the cluster.
        mounts: arguments of ``mount``, in the node's own namespace.
    """
    steps = [*(f"mount {mount}" for mount in mounts), f"exec {sys.executable} {__file__} {cluster.address}"]
    before = len(cluster.list_all_nodes())
    node = subprocess.Popen(
        ["unshare", "--mount", "sh", "-ec", "\n".join(steps)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"RAY_SESSION": str(before)},
    )
    try:
        assert node.stdout.readline() == "joined\n"
        yield
    finally:
        node.communicate()


def _join(address: str) -> None:
    from ray._private.node import Node
    from ray._private.parameter import RayParams

    parameters = RayParams(
        redis_address=address,
        gcs_address=address,
        object_store_memory=150 * 2**20,
        min_worker_port=0,
        max_worker_port=0,
        node_manager_port=0,
        include_log_monitor=False,
        dashboard_agent_listen_port=None,
        **_NODE,
    )
    node = Node(parameters, head=False, shutdown_at_exit=False, spawn_reaper=False)
    sys.stdout.write("joined\n")
    sys.stdout.flush()
    sys.stdin.read()
    node.kill_all_processes(check_alive=False, allow_graceful=False, wait=True)


if __name__ == "__main__":
    _join(sys.argv[1])
