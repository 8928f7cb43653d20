"""Tables by fold, source and machine, as a terminal shows them."""

import numpy as np
from held_out import held_out_run

from core.cli.console import Console
from core.cli.subset_tables import held_out_table, limits_table, subsets_table
from core.evaluation.results import AMONG_PRESENT, AS_PREDICTED
from core.evaluation.subsets import measure_subsets
from core.experiments.cross_validation_report import FoldResult

TRUTH = np.arange(60) % 3
PROBABILITIES = np.eye(3)[TRUTH] * 0.7 + 0.1


def shown(table, width: int = 160) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def measured():
    sources = np.where((TRUTH < 2) & (np.arange(60) > 30), "[red]away", "home")
    options = {"class_names": ("benign", "malignant", "normal"), "positive_class": None, "threshold": None}
    return measure_subsets(TRUTH, PROBABILITIES, np.arange(60), {"source": sources}, **options, seed=0)


def test_a_source_without_a_class_has_two_rows() -> None:
    text = shown(subsets_table(measured()))
    assert AS_PREDICTED in text
    assert AMONG_PRESENT in text
    assert "[red]away" in text


def test_a_narrow_terminal_shows_whole_intervals() -> None:
    text = shown(subsets_table(measured()), width=80)
    assert "…" not in text
    assert max(map(len, text.splitlines()[1:-1])) <= 80


def test_each_held_out_value_has_its_images() -> None:
    metrics = measured()[0].as_predicted
    fold = FoldResult(fold=1, name="[b]A", best_epoch=1, counts={}, metrics=metrics)
    text = shown(held_out_table("device", [fold]))
    assert "Held out by device" in text
    assert "[b]A" in text
    assert f"{metrics.images}" in text


def test_limits_by_source_fit_a_narrow_terminal_and_the_names_are_text() -> None:
    run = held_out_run(**{"[b]GE Logiq 5 @10-12MHz": 0.9, "B": 0.8})
    text = shown(limits_table("device", run.limits), width=80)
    assert "…" not in text
    assert max(map(len, text.splitlines()[1:-1])) <= 80
    assert "[b]GE" in text
    assert "1.25/3" in text
    assert text.count("(0.85-0.95)") == 3  # coverage of all, benign and malignant among the classes present
