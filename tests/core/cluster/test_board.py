"""The reports of tasks on their way to the command."""

from types import SimpleNamespace

from core.cluster.board import Begun, Board, Said, Step, reporting


def test_reports_come_in_order_and_steps_not_too_often() -> None:
    board = Board()
    progress, say = reporting(SimpleNamespace(put=SimpleNamespace(remote=board.put)), 7)
    say("Starting.")
    for done in range(1, 1001):
        progress("Epoch 1/1", done, 1000)
    first, second, *steps, last = board.take()
    assert (first, second, last) == (Begun(7), Said(7, "Starting."), Step(7, "Epoch 1/1", 1000, 1000))
    assert len(steps) < 500  # as many as the time allows, of 999
    assert board.take() == []
