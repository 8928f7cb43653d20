"""Learning curves up to an epoch, of one run and of several."""

import pytest
from runs import TABLE_3, made

from core.bundle import history
from core.figures.learning_curves import learning_curves


def test_a_schedule_is_not_marked_as_a_step_in_each_epoch() -> None:
    run = made(learning_rate=[0.005, 0.01, 0.004, 0.0])
    notes = learning_curves([run], "loss", epoch=4, axis="epoch").layout.annotations
    assert not any("learning rate" in note.text for note in notes)


def axes(figure) -> tuple:
    return tuple(figure.layout.xaxis.range), tuple(figure.layout.yaxis.range)


@pytest.mark.parametrize("measure", ["accuracy", "loss"])
@pytest.mark.parametrize("axis", ["epoch", "time"])
def test_curves_end_at_the_epoch_and_the_axes_stay(measure, axis) -> None:
    whole = learning_curves([made()], measure, epoch=4, axis=axis)
    part = learning_curves([made()], measure, epoch=2, axis=axis)
    assert axes(part) == axes(whole)
    training, validation = part.data[:2]
    assert (training.name, validation.name) == ("training", "validation")
    assert training.line.dash != validation.line.dash
    assert list(validation.x) == ([1, 2] if axis == "epoch" else [5, 7])
    assert list(validation.y) == made().history[f"val_{measure}"].tolist()[:2]
    ends = next(trace for trace in part.data if (trace.name or "").startswith("gap"))
    assert list(ends.y) == [training.y[-1], validation.y[-1]]
    words = [note.text for note in whole.layout.annotations]
    assert words == ["best: epoch 2", "learning rate 0.001"]
    assert [note.text for note in part.layout.annotations] == ["best: epoch 2"]


def test_runs_beside_one_another_keep_their_colours_and_lack_what_they_lack() -> None:
    runs = [
        made(),
        made()._replace(label="another"),
        TABLE_3,
    ]
    accuracy = learning_curves(runs, "accuracy", epoch=4)
    shown = {trace.name: trace.line.color for trace in accuracy.data if trace.showlegend}
    assert len(set(shown.values())) == 3
    loss = learning_curves(runs, "loss", epoch=4)
    assert "the paper" not in {trace.name for trace in loss.data}
    assert {trace.name: trace.line.color for trace in loss.data if trace.showlegend}.items() <= shown.items()
    assert not learning_curves([TABLE_3], "loss", epoch=4).data
    assert "the paper" not in {
        trace.name for trace in learning_curves(runs, "accuracy", epoch=4, axis="time").data
    }


def test_a_smoothed_curve_has_the_raw_one_behind_it_and_a_logarithm_shows_all() -> None:
    figure = learning_curves([made()], "loss", epoch=4, smoothing=0.5, log=True)
    raw, smoothed = figure.data[:2]
    assert list(raw.y) == made().history["loss"].tolist()
    assert raw.opacity < 0.5
    assert list(smoothed.y) == pytest.approx(history.smooth(raw.y, 0.5))
    assert figure.layout.yaxis.type == "log"
    low, high = figure.layout.yaxis.range
    assert 10**low < 0.2
    assert 10**high > 1
