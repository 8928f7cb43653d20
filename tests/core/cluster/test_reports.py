"""The reports of tasks on their way to the command."""

from pathlib import Path
from types import SimpleNamespace

from core.cluster.reports import Begun, Reports, Said, Step, reporting
from core.cluster.trainings import _Running
from core.experiments.tasks import Task


def test_reports_come_in_order_and_steps_not_too_often() -> None:
    reports = Reports()
    progress, say = reporting(SimpleNamespace(put=SimpleNamespace(remote=reports.put)), 7)
    say("Starting.")
    for done in range(1, 1001):
        progress("Epoch 1/1", done, 1000)
    first, second, *steps, last = reports.take()
    assert (first, second, last) == (Begun(7), Said(7, "Starting."), Step(7, "Epoch 1/1", 1000, 1000))
    assert len(steps) < 500  # as many as the time allows, of 999
    assert reports.take() == []


class Bar:
    """The steps of a training, in a list of all that is shown."""

    def __init__(self, title: str, shown: list[object]) -> None:
        self.title, self.shown = title, shown
        shown.append(title)

    def __call__(self, what: str, done: int, total: int) -> None:
        self.shown.append((self.title, what, done, total))

    def end(self) -> None:
        """Nothing is shown."""


def test_a_training_is_shown_whose_first_report_is_lost_and_no_more_once_it_is_finished() -> None:
    shown: list[object] = []
    tasks = [Task(title, Path(title), print) for title in ("Fold 1", "Fold 2")]
    running = _Running([], tasks, None, None, lambda title: Bar(title, shown), shown.append)
    running._report(Step(1, "Epoch 1/2", 1, 4))
    assert shown == ["Fold 2", ("Fold 2", "Epoch 1/2", 1, 4)]
    running._report(Begun(1))
    assert shown[2:] == ["Fold 2 begins again after its last finished epoch: its process was lost."]
    running._finished.add(1)
    for late in (Step(1, "Epoch 2/2", 4, 4), Begun(1), Said(1, "Ready.")):
        running._report(late)
    assert shown[3:] == ["Fold 2: Ready."]
