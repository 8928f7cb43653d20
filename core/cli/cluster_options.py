"""Options of commands that can do their work on a Ray cluster."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.cli.console import ProgressBars
    from core.experiments.tasks import Runner

CLUSTER_PANEL = "Cluster"
_WHERE = "`local` starts one on this machine; HOST:PORT is the head of one that runs already."
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help=f"Read and classify on a Ray cluster: {_WHERE}",
        rich_help_panel=CLUSTER_PANEL,
    ),
]


@dataclass(frozen=True, kw_only=True)
class ClusterOptions:
    """Options on where trainings run, and on what each takes of a machine."""

    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help=f"Run each training as a task of a Ray cluster: {_WHERE}",
            rich_help_panel=CLUSTER_PANEL,
        ),
    ] = None
    resources: Annotated[
        str | None,
        typer.Option(
            metavar="CPU=N,GPU=N",
            help="With --cluster: CPUs and GPUs of each training, which gets a thread for each CPU.",
            show_default="CPU=1",
            rich_help_panel=CLUSTER_PANEL,
        ),
    ] = None

    @contextmanager
    def runner(self, bars: "ProgressBars") -> "Iterator[Runner]":
        """Yield what runs the trainings, connected to the cluster until the block ends.

        Args:
            bars: progress bars of the command.

        Raises:
            UserError: the options are not valid, or the cluster cannot be used.
        """
        if self.cluster is None:
            from core.experiments.tasks import run_here

            if self.resources is not None:
                raise UserError(
                    "--resources are those of a cluster's tasks; give --cluster as well, or leave them out."
                )
            yield run_here
            return
        from core.cluster.resources import parse_resources
        from core.cluster.settings import prepare_environment

        resources = parse_resources(self.resources or "CPU=1")
        prepare_environment(self.cluster)
        from core.cluster.session import connected
        from core.cluster.trainings import RayRunner

        with connected(self.cluster, resources):
            yield RayRunner(resources, bars.training_bar)
