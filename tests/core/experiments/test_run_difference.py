"""Paired differences of cross-validations. Other tests check the intervals by hand."""

from pathlib import Path

import pandas as pd
import pytest

from core.bundle.folder import add_file, open_bundle
from core.bundle.manifest import OUT_OF_FOLD
from core.errors import UserError
from core.experiments.cross_validation_report import REPORT
from core.experiments.run_difference import RunComparison, compare_runs
from core.inference.evaluate import evaluate_out_of_fold


def test_each_pair_is_compared_the_later_run_first(make_run) -> None:
    runs = [make_run("first"), make_run("second", shuffle=1), make_run("third", shuffle=2)]
    comparison = compare_runs(runs)
    assert list(comparison.runs) == ["first", "second", "third"]
    pairs = [(pair.minuend, pair.subtrahend) for pair in comparison.differences]
    assert pairs == [("second", "first"), ("third", "first"), ("third", "second")]
    values = {}
    for run in runs:
        pooled = evaluate_out_of_fold(open_bundle(run / "fold-1"))
        assert comparison.runs[run.name].metrics["macro_f1"] == pooled.macro_f1
        values[run.name] = pooled.macro_f1.value
    for pair, sentence in zip(comparison.differences, comparison.sentences, strict=True):
        gap = pair.metrics["macro_f1"]
        assert gap.value == pytest.approx(values[pair.minuend] - values[pair.subtrahend])
        assert sentence.startswith(
            f"{pair.minuend} minus {pair.subtrahend}: {100 * gap.value:+.1f} points of macro F1"
        )
        assert ("not distinguishable from zero" in sentence) == (gap.low <= 0 <= gap.high)
    assert (comparison.images, comparison.groups, comparison.folds) == (24, 24, 2)
    assert RunComparison.model_validate_json(comparison.model_dump_json()) == comparison


def test_a_run_does_not_differ_from_itself(make_run) -> None:
    comparison = compare_runs([make_run("run"), make_run("same")])
    for gap in comparison.differences[0].metrics.values():
        assert gap.low < gap.value == 0 < gap.high
    assert comparison.sentences[0].endswith("; not distinguishable from zero on these images.")


def other_folds(run: Path) -> None:
    for fold in run.glob("fold-*"):
        table = pd.read_parquet(run / OUT_OF_FOLD)
        table.assign(fold=3 - table["fold"]).to_parquet(run / OUT_OF_FOLD, index=False)
        add_file(fold, run / OUT_OF_FOLD)


def unfinished(run: Path) -> None:
    (run / REPORT).unlink()


@pytest.mark.parametrize(
    ("change", "message"),
    [(other_folds, "not cross-validations of the same images"), (unfinished, "no finished cross-validation")],
)
def test_what_cannot_be_paired_is_refused(make_run, change, message: str) -> None:
    runs = [make_run("first"), make_run("second", shuffle=1)]
    change(runs[1])
    with pytest.raises(UserError, match=message):
        compare_runs(runs)


def test_runs_need_different_names(make_run) -> None:
    run = make_run("run")
    for runs in ([run], [run, run]):
        with pytest.raises(UserError, match="two or more folders"):
            compare_runs(runs)
