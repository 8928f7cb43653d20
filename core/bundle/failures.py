"""The section of a model card on the images where a model is at its worst."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.bundle.card_tables import metric, table
from core.escape import markdown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.evaluation.results import SubsetMetrics

FEWEST_GROUPS = 30
"""Patients, or groups of images, below which a subset is too small to say anything.

With 29 groups and 80 % correct, the 95 % confidence interval goes from 0.62 to 0.91.
"""
_ABSENT = (
    "*As predicted*: the most probable of all classes; one without images here counts as an error. *Among "
    "present*: with probabilities renormalised over the classes that have images; empty where all have some, "
    "or one alone has. "
)


def explain(tables: Iterable[Sequence[SubsetMetrics]]) -> str:
    """Return how the tables of a card are to be read, as Markdown; '' where none has a row.

    Args:
        tables: subsets for each call of ``describe``.
    """
    rows = [one for subsets in tables for one in subsets if _is_large(one)]
    if not rows:
        return ""
    return (
        "Metrics of the test images that share a source, machine, BI-RADS category or lesion size, with "
        "95 % confidence intervals, the fewest correct first. Where intervals overlap, the order may be "
        "chance. Subsets also differ in their shares of the classes: compare AUC and sensitivity too. "
        f"{_ABSENT if any(one.among_present for one in rows) else ''}AUC: mean over the classes that have "
        "images."
    )


def describe(subsets: Sequence[SubsetMetrics], heading: str, *, positive_class: str | None) -> str:
    """Return the section, as Markdown: a row for each subset, the smallest share of correct images first.

    Args:
        subsets: metrics by source, machine, BI-RADS category, lesion size and so on; without any, the section
            is empty.
        heading: line above the table, as Markdown.
        positive_class: class whose sensitivity is shown, or None.
    """
    if not subsets:
        return ""
    large = list(filter(_is_large, subsets))
    parts = [heading]
    if large:
        has_absent = any(one.among_present for one in large)
        parts.append(_table(large, positive_class, has_absent=has_absent))
    if small := [one for one in subsets if not _is_large(one)]:
        listed = ", ".join(f"{markdown(one.label)} ({one.as_predicted.groups})" for one in small)
        parts.append(
            f"Too small to say, with fewer than {FEWEST_GROUPS} patients or groups of near-duplicates (their "
            f"number in brackets): {listed}."
        )
    return "\n\n".join(parts)


def _is_large(one: SubsetMetrics) -> bool:
    return one.as_predicted.groups >= FEWEST_GROUPS


def _table(subsets: Sequence[SubsetMetrics], positive_class: str | None, *, has_absent: bool) -> str:
    columns = ["Correct, as predicted"] + ["Correct, among present"] * has_absent
    if positive_class:
        columns.append(f"Sensitivity of {markdown(positive_class)}{', as predicted' if has_absent else ''}")
    rows = []
    for one in sorted(subsets, key=_share_of_correct):
        row = [markdown(one.label), str(one.as_predicted.images), metric(one.as_predicted.accuracy)]
        if has_absent:
            row.append(metric(one.among_present.accuracy) if one.among_present else "")
        if positive_class:
            of_class = one.as_predicted.per_class.get(positive_class)
            row.append(metric(of_class.sensitivity if of_class else None))
        rows.append([*row, metric((one.among_present or one.as_predicted).auc)])
    return table(["Images of", "Images", *columns, f"AUC{', among present' if has_absent else ''}"], rows)


def _share_of_correct(one: SubsetMetrics) -> float:
    return one.as_predicted.accuracy.value if one.as_predicted.accuracy else 1.0
