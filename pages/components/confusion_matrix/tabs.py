"""The tabs below the confusion matrix: threshold, ranking, calibration, the paper's matrix, tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from core.bundle import limits_elsewhere
from core.evaluation import confusion
from core.evaluation.calibration import reliability
from core.evaluation.ranking import average_precision, precision_recall, roc
from core.figures import captions
from core.figures import roc as figures_roc
from core.figures.confusion_matrix import confusion_matrix
from core.figures.reliability import reliability as reliability_diagram
from core.paper import statements
from pages.components.confusion_matrix import radiologists, tables, tradeoff
from pages.components.shared import chart, data_table
from pages.components.shared.keys import Key, numbered
from pages.components.shared.text import escape_markdown, format_metric, format_percent, join

if TYPE_CHECKING:
    from pages.components.confusion_matrix.decision import DecisionRule
    from pages.components.confusion_matrix.predictions import Decided, Predictions
    from pages.components.shared.open_models import Model

# As they stand in the address.
_THRESHOLD, _RANKING, _CALIBRATION = "Threshold", "ROC and precision-recall", "Calibration"
_PAPER, _TABLES = "The paper's matrix", "Tables"


class Selection(NamedTuple):
    """What the tabs are about.

    Attributes:
        model: the model that predicted.
        shown: its predictions.
        decided: the same under the chosen rule.
        rule: that rule.
        entries: rows of ``decided.table`` in the chosen cell.
    """

    model: Model
    shown: Predictions
    decided: Decided
    rule: DecisionRule
    entries: pd.DataFrame


def draw(selection: Selection) -> None:
    """Draw the tabs; only the open one is computed."""
    draws = {
        _THRESHOLD: _threshold,
        _RANKING: _ranking,
        _CALIBRATION: _calibration,
        _PAPER: _paper,
        _TABLES: _tables,
    }
    for tab, draw_tab in zip(
        st.tabs(list(draws), key=Key.DETAILS, bind="query-params"), draws.values(), strict=True
    ):
        if tab.open:
            with tab:
                draw_tab(selection)


def _threshold(selection: Selection) -> None:
    tradeoff.draw(selection.model, selection.shown, selection.rule)


def _tables(selection: Selection) -> None:
    tables.draw_matrix(selection.model, selection.decided)
    tables.draw_images(selection.model, selection.entries)


def _ranking(selection: Selection) -> None:
    model, shown = selection.model, selection.shown
    class_names = model.bundle.manifest.class_names
    rocs, precisions, prevalence, rows = {}, {}, {}, []
    for index, name in enumerate(class_names):
        is_class, scores = shown.truth == index, shown.probabilities[:, index]
        row = {"class": name, "images": int(is_class.sum()), "AUC": "does not apply"}
        if is_class.any() and not is_class.all():
            rocs[name] = roc(is_class, scores)
            precisions[name] = precision_recall(is_class, scores)
            prevalence[name] = float(is_class.mean())
            auc = shown.metrics.per_class[name].auc
            row["AUC"] = "–" if auc is None else format_metric(auc)
            row["average precision"] = f"{average_precision(precisions[name]):.3f}"
            row["share of images"] = f"{prevalence[name]:.1%}"
        rows.append(row)
    if not rocs:
        st.caption(captions.NO_RANKING)
        return
    found = radiologists.compare(model, out_of_fold=selection.rule.out_of_fold)
    left, right = st.columns(2, gap="large")
    with left:
        alt = captions.areas({name: str(row["AUC"]) for name, row in zip(class_names, rows, strict=True)})
        readers = None
        if found is not None:
            alt += f". {radiologists.in_words(found)}"
            positive_index = class_names.index(found.positive_class)
            readers = figures_roc.Readers(found, radiologists.curve(found, shown, positive_index))
        chart.draw(figures_roc.roc(rocs, readers), key=Key.ROC_CHART, alt=alt)
    with right:
        chart.draw(
            figures_roc.precision_recall(precisions, prevalence),
            key=Key.PRECISION_RECALL_CHART,
            alt=captions.PRECISION_RECALL,
        )
    if found is not None:
        radiologists.draw(found, model, shown)
    data_table.draw(
        pd.DataFrame(rows),
        alt="AUC with confidence interval and average precision of each class",
    )
    st.caption(captions.RANKING, help=captions.RANKING_EXPLAINED)


def _calibration(selection: Selection) -> None:
    model, shown = selection.model, selection.shown
    table = reliability(shown.truth, shown.probabilities, shown.table["group"])
    error = shown.metrics.expected_calibration_error
    left, right = st.columns(2, gap="large")
    with left:
        chart.draw(
            reliability_diagram(table),
            key=Key.RELIABILITY_CHART,
            alt=f"Reliability diagram of {model.label}; its numbers are in the table beside it",
        )
    with right:
        st.markdown(captions.RELIABILITY, help=captions.RELIABILITY_EXPLAINED)
        if error is not None:
            st.markdown(
                f"Expected calibration error: **{error.value:.3f}**. {captions.calibration(error)}",
                help=captions.calibration_explained(error),
            )
            manifest = model.bundle.manifest
            st.caption(
                limits_elsewhere.describe_calibration(manifest, escape_markdown),
                help=limits_elsewhere.OTHER_NETWORKS if manifest.held_out else None,
            )
        data_table.draw(
            table[table["images"] > 0],
            height=240,
            column_config={
                name: st.column_config.NumberColumn(title, format=form, width=width, help=explained)
                for name, title, form, width, explained in (
                    ("low", "from", "percent", 62, "Lower end of the bin"),
                    ("high", "to", "percent", 62, "Upper end of the bin"),
                    ("images", "images", None, 58, "Images in the bin"),
                    ("confidence", "mean", "percent", 62, "Mean probability of the predicted class"),
                    ("accuracy", "accuracy", "percent", 70, "Share of correct predictions"),
                    ("accuracy_low", "95 % from", "percent", 78, "Lower end of its 95 % confidence interval"),
                    ("accuracy_high", "95 % to", "percent", 66, "Upper end of its 95 % confidence interval"),
                )
            },
            alt="Reliability diagram as a table, one row per bin with images",
        )


def _paper(selection: Selection) -> None:
    model, shown = selection.model, selection.shown
    class_names = model.bundle.manifest.class_names
    paper = np.array(statements.RECONSTRUCTED_CONFUSION_MATRIX)
    own = confusion.count(shown.truth, confusion.decide(shown.probabilities), len(class_names))
    for place, title, counts, names in zip(
        st.columns(2, gap="large"),
        ("Reconstructed, not printed in the paper", f"{model.label}, by the most probable class"),
        (paper, own),
        (statements.CLASSES, class_names),
        strict=True,
    ):
        with place:
            st.markdown(f"**{escape_markdown(title)}**")
            recalls = [
                f"{row[index]} of {row.sum()} {name}"
                for index, (name, row) in enumerate(zip(names, counts, strict=True))
            ]
            chart.draw(
                confusion_matrix(counts, names),
                key=numbered(Key.PAPER_MATRIX, title),
                alt=f"Confusion matrix: {title}. Correct: {join(recalls)}",
            )
            accuracy = np.trace(counts) / max(counts.sum(), 1)
            st.caption(f"{accuracy:.1%} correct: {escape_markdown(join(recalls))}.")
    errors = [
        f"{count} {true_class} predicted as {predicted}"
        for (true_class, predicted), count in statements.NAMED_ERRORS.items()
    ]
    st.markdown(
        "The two matrices measure different things: the paper's test files probably include segmentation "
        "masks and near-duplicates of training images. "
        f"Accuracy of this model: {format_percent(shown.metrics.accuracy)}.",
        help=f"The paper names {join(errors)}, and a test accuracy of {statements.TEST_ACCURACY:.0%}. With "
        f"{paper.sum()} test files, the size that follows from its tables, these are all its errors, and the "
        "rest of the matrix follows. A confidence interval for it would be too narrow.",
    )
    st.caption(f"Source: {statements.CITATION}. The matrix is inferred, not stated by the paper.")
