"""From the figures of every repeat to what each leak is worth, as numbers and as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from core.evaluation.intervals import Interval
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import class_indices
from core.evaluation.repeated_splits import INTERVAL, Summary, difference, summarise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from core.data.provenance import Protocol
PAIRS: tuple[tuple[Protocol, Protocol], ...] = (("naive", "clean"), ("paper", "naive"), ("paper", "clean"))
FIGURES = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "sensitivity")
# A part of the test set may lack a class; then the other figures compare nothing.
FIGURES_OF_KINDS = ("accuracy", "sensitivity")
KINDS = (
    "masks",
    "masks of normal images",
    "pictures with a copy in training",
    "pictures without a copy in training",
)
_NORMAL = "normal"


class Measured(NamedTuple):
    """Some test images of one repeat.

    Attributes:
        images: their number.
        trained: images in the training set.
        figures: by the names of ``FIGURES``, with the interval of this one test set; None where a figure
            does not apply. ``sensitivity`` is that for the positive class.
    """

    images: int
    trained: int
    figures: dict[str, Interval | None]


def measure(
    split: pd.DataFrame,
    chances: NDArray[np.float64],
    rows: NDArray[np.bool_],
    *,
    class_names: Sequence[str],
    positive_class: str | None,
    seed: int,
) -> Measured:
    """Measure the predictions for some of a split's test images.

    Args:
        split: a split table whose test set has M rows.
        chances: probabilities of the test set, float [M, C].
        rows: which of the test set to look at, bool [M].
        class_names: the C classes.
        positive_class: the one whose sensitivity is measured, or None.
        seed: of the intervals.
    """
    trained = int((split["part"] == "train").sum())
    if not rows.any():
        return Measured(0, trained, dict.fromkeys(FIGURES))
    table = split[split["part"] == "test"][rows]
    metrics = evaluate(
        class_indices(table["class"], class_names),
        chances[rows],
        table["group"],
        class_names=class_names,
        positive_class=positive_class,
        threshold=None,
        seed=seed,
    )
    metrics["sensitivity"] = None
    if positive_class is not None:
        metrics["sensitivity"] = metrics["per_class"][positive_class]["sensitivity"]
    figures = {name: Interval(**metrics[name]) if metrics[name] else None for name in FIGURES}
    return Measured(len(table), trained, figures)


def kinds_of_test_files(split: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Tell which rows of a split's test set are of each of ``KINDS``, bool [M] each.

    Copies are what ``groups.assign_groups`` puts together: near-duplicates, and images of one patient
    where patient ids are known. Masks of normal images are among the masks too.
    """
    images = split["kind"] == "image"
    in_training = split.loc[images & (split["part"] == "train"), "group"]
    test = split[split["part"] == "test"]
    mask = (test["kind"] == "mask").to_numpy()
    copied = test["group"].isin(in_training).to_numpy()
    normal = (test["class"] == _NORMAL).to_numpy()
    return dict(zip(KINDS, (mask, mask & normal, ~mask & copied, ~mask & ~copied), strict=True))


def report(
    measured: Mapping[Protocol, Sequence[Measured]], kinds: Mapping[str, Sequence[Measured]]
) -> dict[str, Any]:
    """Summarise all repeats.

    Args:
        measured: of each protocol, R repeats with the same seeds in the same order.
        kinds: of the paper protocol's test set, each kind of file in each repeat.

    Returns:
        ``protocols`` (by name: mean sizes, figures), ``differences`` (of each of ``PAIRS``: figures, paired
        by seed), ``paper_test_part`` (by kind: mean number of files, figures), ``sentences`` and
        ``interval``, which says what the intervals are. A figure has the fields of
        ``core.evaluation.repeated_splits.Summary``, or is None where it does not apply.
    """
    ratios = {name: _ratio(repeats) for name, repeats in measured.items()}
    summaries = {name: _summaries(repeats, FIGURES, ratios[name]) for name, repeats in measured.items()}
    differences = []
    for minuend, subtrahend in PAIRS:
        ratio = max(ratios[minuend], ratios[subtrahend])
        figures = {
            figure: difference(value, other, ratio)
            for figure in FIGURES
            if (value := summaries[minuend][figure]) and (other := summaries[subtrahend][figure])
        }
        differences.append({"minuend": minuend, "subtrahend": subtrahend, "figures": figures})
    # Two draws share as large a share of a kind's files as of all files.
    by_kind = {
        kind: _summaries(repeats, FIGURES_OF_KINDS, ratios["paper"]) for kind, repeats in kinds.items()
    }
    content = {
        "protocols": {
            name: {**_sizes(repeats), "figures": summaries[name]} for name, repeats in measured.items()
        },
        "differences": differences,
        "paper_test_part": {
            kind: {"pictures": _sizes(repeats)["test"], "figures": by_kind[kind]}
            for kind, repeats in kinds.items()
        },
        "interval": INTERVAL,
    }
    return _plain(content) | {"sentences": sentences(differences, by_kind)}


def sentences(
    differences: Sequence[Mapping[str, Any]], by_kind: Mapping[str, Mapping[str, Summary | None]]
) -> list[str]:
    """Say what each leak is worth in points of accuracy."""
    masks = by_kind[KINDS[0]]["accuracy"]
    meanings = {
        ("naive", "clean"): "Copies of training images in the test set (naive less clean)",
        ("paper", "naive"): "Masks used as images, with the paper's way of splitting (paper less naive)"
        if masks
        else "The paper's way of splitting (paper less naive; there are no masks here)",
        ("paper", "clean"): "All of it (paper less clean)",
    }
    said = []
    for pair in differences:
        gap: Summary = pair["figures"]["accuracy"]
        sentence = (
            f"{meanings[pair['minuend'], pair['subtrahend']]}: {100 * gap.mean:+.1f} points of accuracy "
            f"(95 % interval {100 * gap.low:+.1f} to {100 * gap.high:+.1f})"
        )
        unsure = gap.low <= 0 <= gap.high
        said.append(f"{sentence}; these repeats cannot tell it from nothing." if unsure else f"{sentence}.")
    shares = [
        f"{summary.mean:.1%} of the {kind}"
        for kind in KINDS
        if (summary := by_kind[kind]["accuracy"]) is not None
    ]
    return [*said, f"In the paper protocol's test set, these were classified rightly: {', '.join(shares)}."]


def _summaries(repeats: Sequence[Measured], names: Sequence[str], ratio: float) -> dict[str, Summary | None]:
    return {name: summarise([repeat.figures[name] for repeat in repeats], ratio) for name in names}


def _sizes(repeats: Sequence[Measured]) -> dict[str, float]:
    trained, tested = np.mean([(repeat.trained, repeat.images) for repeat in repeats], axis=0)
    return {"train": float(trained), "test": float(tested)}


def _ratio(repeats: Sequence[Measured]) -> float:
    sizes = _sizes(repeats)
    return sizes["test"] / sizes["train"]


def _plain(content: Any) -> Any:
    """Return named tuples as dictionaries, all the way down."""
    if isinstance(content, Summary):
        return content._asdict()
    if isinstance(content, dict):
        return {name: _plain(value) for name, value in content.items()}
    return [_plain(value) for value in content] if isinstance(content, list) else content
