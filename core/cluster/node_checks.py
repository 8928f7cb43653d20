"""One check of each node of a cluster before a training begins on it, also of a node that joined later."""

from __future__ import annotations

import time
from socket import gethostname
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from core.cluster.machine_facts import MachineFacts, answer_file, check_machine, how_to_install
from core.cluster.session import HeadWatch, first_line
from core.errors import UserError

if TYPE_CHECKING:
    from core.cluster.resources import Resources
    from core.progress import Progress

_POLL = 0.2  # seconds
_WATCH = 0.5  # seconds from one look at the head to the next
_BEGUN_WITHIN = 120  # seconds in which the command notices a new node


class NodeCheck:
    """The actor on a node that checks it once, and keeps what it found."""

    def __init__(self) -> None:
        """Check nothing yet."""
        self._found: tuple[UserError | None] | None = None

    def fault(self, facts: MachineFacts) -> UserError | None:
        """Return why no training can run here, or None.

        Args:
            facts: facts of the machine where the command runs.
        """
        if self._found is None:
            node_id = ray.get_runtime_context().get_node_id()
            try:
                check_machine(facts, _name(gethostname(), ray.util.get_node_ip_address(), node_id), node_id)
                self._found = (None,)
            except UserError as error:
                self._found = (error,)
        return self._found[0]


class NodeChecks:
    """The checks of all nodes on which a task fits."""

    def __init__(self, facts: MachineFacts, resources: Resources) -> None:
        """Check no node yet.

        Args:
            facts: facts of this machine.
            resources: resources of a task.
        """
        self._facts, self._resources = facts, resources
        self.shared = ray.put(facts)
        self._actors: dict[str, tuple[str, Any]] = {}

    def begin(self) -> None:
        """Begin to check each node that joined since the last call."""
        for node in ray.nodes():
            node_id = node["NodeID"]
            if node_id in self._actors or not self._resources.fit(node):
                continue
            name = _name(node["NodeManagerHostname"], node["NodeManagerAddress"], node_id)
            here = NodeAffinitySchedulingStrategy(node_id, soft=False)
            options = {"name": _actor_name(node_id), "num_cpus": 0, "scheduling_strategy": here}
            actor = ray.remote(NodeCheck).options(**options, max_restarts=-1, max_task_retries=-1)
            self._actors[node_id] = (name, actor.remote())

    def wait(self, progress: Progress) -> None:
        """Check each node that is there now, until all are checked.

        Args:
            progress: function that reports each step.

        Raises:
            UserError: no training can run on a node, or the head of the cluster is lost.
        """
        self.begin()
        head = HeadWatch()
        for done, (node_id, (name, actor)) in enumerate(list(self._actors.items()), start=1):
            try:
                found = actor.fault.remote(self.shared)
                while not ray.wait([found], timeout=_WATCH)[0]:  # a node reads all of the data
                    head.answers()
                fault = ray.get(found)
            except RayError as error:
                if not any(node["Alive"] and node["NodeID"] == node_id for node in ray.nodes()):
                    continue  # it left
                raise UserError(
                    f"{name} cannot run this program ({first_line(error)}); {how_to_install(self._facts)}."
                ) from None
            if fault is not None:
                raise fault
            path = answer_file(self._facts, node_id)
            if not path.exists():
                raise UserError(
                    f"what {name} writes to {self._facts.folder} does not arrive there; choose an --output "
                    "on storage that all machines see."
                )
            path.unlink()
            progress("Checking the machines of the cluster", done, len(self._actors))


def wait_for_check(facts: Any) -> None:
    """Wait until the node on which this is called is checked.

    Args:
        facts: reference to the facts of the machine where the command runs.

    Raises:
        UserError: no training can run on it.
    """
    name = _actor_name(ray.get_runtime_context().get_node_id())
    end = time.monotonic() + _BEGUN_WITHIN
    while (actor := _actor(name)) is None:  # the command has not seen the node yet
        if time.monotonic() > end:
            raise UserError("the command did not check this machine in time; add --resume to continue.")
        time.sleep(_POLL)
    # Not ray.get: while a task waits by it, its CPUs are given to another task, and not taken back.
    fault = actor.fault.remote(facts).future().result()
    if fault is not None:
        raise fault


def _actor(name: str) -> Any:
    try:
        return ray.get_actor(name)
    except ValueError:  # there is none
        return None


def _name(host: str, address: str, node_id: str) -> str:
    return f"{host} ({address}, node {node_id[:6]})"


def _actor_name(node_id: str) -> str:
    return f"check-{node_id}"
