"""What each task of a cluster takes of a machine: its CPUs and GPUs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PART = re.compile(r"(CPU|GPU)=([1-9][0-9]{0,3})")
_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


class Resources(NamedTuple):
    """The resources of one task.

    Attributes:
        cpus: number of CPUs, 1 or more; TensorFlow and NumPy get as many threads.
        gpus: number of GPUs.
    """

    cpus: int = 1
    gpus: int = 0

    def __str__(self) -> str:
        """Return them as ``--resources`` takes them."""
        return f"CPU={self.cpus}" + (f",GPU={self.gpus}" if self.gpus else "")

    def threads(self) -> dict[str, str]:
        """Return environment variables with the number of threads: results depend on it."""
        return dict.fromkeys(_THREADS, str(self.cpus))

    def fit(self, node: Mapping[str, Any]) -> bool:
        """Return whether a task fits on a node, as ``ray.nodes`` describes it, when it is idle."""
        total = node["Resources"]
        return bool(node["Alive"] and total.get("CPU", 0) >= self.cpus and total.get("GPU", 0) >= self.gpus)

    def check(self, nodes: Iterable[Mapping[str, Any]]) -> None:
        """Refuse resources that no node has: Ray would wait for such a node for ever.

        Args:
            nodes: the nodes, as ``ray.nodes`` describes them.

        Raises:
            UserError: no node has them.
        """
        alive = [node for node in nodes if node["Alive"]]
        if not any(map(self.fit, alive)):
            most = [
                f"{name}={int(max((node['Resources'].get(name, 0) for node in alive), default=0))}"
                for name in ("CPU", "GPU")
            ]
            raise UserError(
                f"no machine of the cluster has {self} for a task: the most that one has is "
                f"{' and '.join(most)}; give other --resources."
            )


def parse_resources(text: str) -> Resources:
    """Return the resources that ``--resources`` names, such as ``CPU=2,GPU=1``.

    Raises:
        UserError: a part is not CPU or GPU and a whole number, or is given twice.
    """
    parts = [_PART.fullmatch(part.strip()) for part in text.split(",")]
    found = {part[1]: int(part[2]) for part in parts if part}
    if len(found) < len(parts):
        raise UserError(
            f"--resources {text} is not understood; give whole numbers of CPUs, GPUs or both, such as "
            "CPU=2,GPU=1."
        )
    return Resources(found.get("CPU", 1), found.get("GPU", 0))
