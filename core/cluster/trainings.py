"""Trainings as tasks of a Ray cluster."""

from __future__ import annotations

import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import ray
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from core.cluster.machine_facts import files_of_training, find_facts, probe_in
from core.cluster.node_checks import NodeChecks, wait_for_check
from core.cluster.reports import Begun, Reports, Said, Step, reporting
from core.cluster.session import HeadWatch
from core.data.data_set import ImageFolders
from core.errors import UserError
from core.experiments.tasks import Task, perform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from core.cluster.reports import Report
    from core.cluster.resources import Resources
    from core.experiments.request import Prepared
    from core.progress import Progress, Say, TrainingProgress

R = TypeVar("R")
_RETRIES = 3  # times that a task is done again whose process or node was lost
_POLL = 0.5  # seconds


class _Outcome(NamedTuple):
    """The result of a task, or its own error: as a value, so that Ray neither repeats nor logs it."""

    result: Any
    error: Exception | None


class RayRunner:
    """What runs the tasks of ``core.experiments.tasks`` on the cluster that is connected."""

    def __init__(self, resources: Resources, bar: Callable[[str], TrainingProgress]) -> None:
        """Run nothing yet.

        Args:
            resources: resources of each task.
            bar: function that returns what shows the progress of the training with a title.
        """
        self._resources, self._bar = resources, bar

    def __call__(
        self, prepared: Prepared, tasks: Sequence[Task[R]], progress: Progress, say: Say, /
    ) -> Iterator[R]:
        """Yield the results of tasks in their order, as ``core.experiments.tasks.Runner`` says."""
        prepared = _with_absolute_paths(prepared)
        tasks = [task._replace(folder=task.folder.absolute()) for task in tasks]
        with probe_in(tasks[0].folder.parent) as probe:
            files, needs_gpu = files_of_training(prepared), self._resources.gpus > 0
            facts = find_facts(files, tasks[0].folder.parent, probe, progress, needs_gpu=needs_gpu)
            checks = NodeChecks(facts, self._resources)
            checks.wait(progress)
            here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
            sent_reports = ray.remote(Reports).options(num_cpus=0, scheduling_strategy=here).remote()
            shared = ray.put(prepared)
            # Not by .options(): only so does a process end with its training where it holds GPU memory.
            attempt: Any = ray.remote(
                num_cpus=self._resources.cpus,
                num_gpus=self._resources.gpus,
                max_retries=_RETRIES,
                retry_exceptions=False,
            )(_attempt)
            running = [
                attempt.remote(number, task, shared, sent_reports, [checks.shared])
                for number, task in enumerate(tasks)
            ]
            try:
                yield from _Running(running, tasks, sent_reports, checks, self._bar, say).results()
            finally:
                for reference in running:
                    with suppress(RayError):
                        ray.cancel(reference, force=True)


class _Running:
    """Tasks that run, as the command follows them."""

    def __init__(
        self,
        references: Sequence[Any],
        tasks: Sequence[Task[R]],
        sent_reports: Any,
        checks: NodeChecks,
        bar: Callable[[str], TrainingProgress],
        say: Say,
    ) -> None:
        self._numbers = {reference: number for number, reference in enumerate(references)}
        self._titles = [task.title for task in tasks]
        self._sent_reports, self._checks, self._bar, self._say = sent_reports, checks, bar, say
        self._bars: dict[int, TrainingProgress] = {}
        self._finished: set[int] = set()
        self._taken: Any = None  # reports on their way
        self._head = HeadWatch()

    def results(self) -> Iterator[Any]:
        """Yield the results in the order of the tasks.

        Raises:
            UserError: a task failed, or the head of the cluster is lost.
        """
        finished: dict[int, Any] = {}
        pending = list(self._numbers)
        for number in range(len(self._titles)):
            while number not in finished:
                done, pending = ray.wait(pending, num_returns=1, timeout=_POLL)
                self._show()
                for reference in done:
                    of = self._numbers[reference]
                    finished[of] = self._result(of, reference)
                    self._finished.add(of)
                    if of in self._bars:
                        self._bars.pop(of).end()
            yield finished.pop(number)
        for _ in range(2):  # what is on its way, and what was reported since
            self._show()

    def _result(self, number: int, reference: Any) -> Any:
        title = self._titles[number]
        try:
            outcome: _Outcome = ray.get(reference)
        except OutOfMemoryError:
            raise UserError(
                f"{title}: there was not enough memory, {_RETRIES + 1} times; give a task more CPUs, so that "
                "fewer run at once, and add --resume."
            ) from None
        except RayTaskError:  # an error that could not be sent as a value
            raise
        except RayError as error:
            raise UserError(
                f"{title}: its process or machine was lost {_RETRIES + 1} times ({type(error).__name__}); "
                "add --resume to continue on other machines."
            ) from None
        if isinstance(outcome.error, UserError):
            raise UserError(f"{title}: {outcome.error}") from None
        if outcome.error is not None:
            raise outcome.error
        return outcome.result

    def _show(self) -> None:
        """Show what the tasks report, and check nodes that joined.

        Raises:
            UserError: the head of the cluster is lost.
        """
        if not self._head.answers():
            return
        self._checks.begin()
        try:
            self._taken = self._taken or self._sent_reports.take.remote()
            if not ray.wait([self._taken], timeout=_POLL)[0]:
                return  # the same reply is asked for again: a new request would lose it
            reports, self._taken = ray.get(self._taken), None
        except RayError:
            self._taken = None
            return
        for report in reports:
            self._report(report)

    def _report(self, report: Report) -> None:
        number = report.task
        title = self._titles[number]
        if isinstance(report, Said):
            self._say(f"{title}: {report.sentence}")
            return
        if number in self._finished:  # its result came before its last reports
            return
        if isinstance(report, Begun) and number in self._bars:
            self._say(f"{title} begins again after its last finished epoch: its process was lost.")
        if number not in self._bars:
            self._bars[number] = self._bar(title)
        if isinstance(report, Step):
            self._bars[number](report.what, report.done, report.total)


def _attempt(
    number: int, task: Task[Any], prepared: Prepared, sent_reports: Any, facts: list[Any]
) -> _Outcome:
    """Run a task in a worker process of Ray; the facts are in a list, where Ray does not fetch them."""
    try:
        wait_for_check(facts[0])
        progress, say = reporting(sent_reports, number)
        return _Outcome(perform(task, prepared, progress, say), None)
    except Exception as error:  # noqa: BLE001 - the command raises it again
        error.add_note(traceback.format_exc())
        return _Outcome(None, error.with_traceback(None))


def _with_absolute_paths(prepared: Prepared) -> Prepared:
    """Return the same images and weights, for processes with another current folder."""
    weights, request = prepared.weights, prepared.request
    bundle = weights.bundle
    if bundle is not None:
        bundle = replace(bundle, folder=bundle.folder.absolute())
    elif Path(weights.base).is_file():
        weights = replace(weights, base=str(Path(weights.base).absolute()))
    folders = {source: path.absolute() for source, path in prepared.folders.by_source.items()}
    return replace(
        prepared,
        request=request._replace(output=request.output.absolute()),
        folders=ImageFolders(folders),
        weights=replace(weights, bundle=bundle),
    )
