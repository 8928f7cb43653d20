"""Training histories: smoothing, best epoch so far, and the matrices of the epochs."""

import numpy as np
import pandas as pd
import pytest
from runs import TABLE_3, made
from visit import FIRST, MODELS, SECOND

from core.bundle import history
from core.bundle.folder import open_bundle
from core.bundle.manifest import HISTORY, VALIDATION


def test_smoothing_keeps_a_constant_and_looks_only_back() -> None:
    assert history.smooth([3, 3, 3], 0.9) == pytest.approx([3, 3, 3])
    assert history.smooth([1, 2, 4], 0) == pytest.approx([1, 2, 4])
    assert history.smooth([0, 1], 0.5) == pytest.approx([0, 2 / 3])
    noisy = np.random.default_rng(0).normal(size=60)
    smoothed = history.smooth(noisy, 0.8)
    assert smoothed.std() < noisy.std() / 2
    assert history.smooth(noisy[:20], 0.8) == pytest.approx(smoothed[:20])


@pytest.mark.parametrize("label", [FIRST, SECOND])
def test_the_best_epoch_and_the_matrix_of_each_epoch_are_those_of_the_bundle(label) -> None:
    bundle = open_bundle(MODELS / label)
    table, validation = bundle.table(HISTORY), bundle.table(VALIDATION)
    assert history.best_so_far(table, len(table)) == bundle.manifest.best_epoch
    for row in table.to_dict("records"):
        matrix = history.validation_matrix(validation, row["epoch"], bundle.manifest.class_names)
        assert matrix.sum() == sum(bundle.manifest.counts["validation"].values())
        assert np.trace(matrix) / matrix.sum() == pytest.approx(row["val_accuracy"])
        assert matrix.sum(axis=1).tolist() == list(bundle.manifest.counts["validation"].values())
    assert history.validation_matrix(validation, 999, bundle.manifest.class_names) is None


def test_best_so_far_breaks_ties_by_loss_where_there_is_one() -> None:
    run = made(val_loss=[0.9, 0.5, 0.4, 0.8])
    assert [history.best_so_far(run.history, epoch) for epoch in (1, 2, 3, 4)] == [1, 2, 3, 3]
    assert [history.best_so_far(TABLE_3.history, epoch) for epoch in (5, 6, 10)] == [5, 5, 10]


def test_a_schedule_has_no_steps() -> None:
    assert history.rate_changes(made(learning_rate=[0.005, 0.01, 0.004, 0.0]).history) == []


def test_tables_hold_every_run_and_leave_empty_what_one_does_not_know() -> None:
    table = history.long_table([made(), TABLE_3])
    assert table["run"].value_counts().to_dict() == {"made": 4, "the paper": 10}
    assert table["elapsed_seconds"].dropna().tolist() == [5, 7, 9, 10]
    assert table.loc[table["run"] == "the paper", "loss"].isna().all()
    mine, theirs = history.summary([made(), TABLE_3]).to_dict("records")
    assert (mine["kept_epoch"], mine["val_accuracy"], mine["seconds"]) == (2, 0.7, 10)
    assert mine["last_gap"] == pytest.approx(0.25)
    assert (theirs["kept_epoch"], theirs["accuracy"]) == (5, 0.8972)
    assert np.isnan(theirs["lowest_val_loss"])


def test_predictions_of_too_many_epochs_are_thinned_evenly() -> None:
    table = pd.DataFrame({"epoch": np.repeat(np.arange(1, 11), 3), "file": list("abc") * 10})
    assert history.thinned(table, 4, 30) is table
    for rows, best, epochs in (
        (29, 4, [1, 2, 4, 5, 6, 7, 9, 10]),
        (12, 4, [1, 4, 5, 10]),
        (9, 4, [1, 4, 10]),
        (6, 4, [4, 10]),
        (5, 4, [4]),
        (9, 10, [1, 10]),
    ):
        kept = history.thinned(table, best, rows)
        assert kept["epoch"].unique().tolist() == epochs
        assert len(kept) <= rows
        assert kept["file"].tolist() == list("abc") * len(epochs)
    assert history.thinned(table[:0], 1, 10).empty
