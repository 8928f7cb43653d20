"""The reports of tasks on their way to the command."""

from types import SimpleNamespace

from core.cluster.reports import Begun, Reports, Said, Step, reporting


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
