"""What stands below a confusion matrix: ranking, calibration, and the paper's own matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from core.bundle.manifest import OUT_OF_FOLD, TEST_SET
from core.evaluation import confusion
from core.evaluation.calibration import BINS, reliability
from core.evaluation.predictions import class_indices, probability_matrix
from core.evaluation.ranking import average_precision, precision_recall, roc
from core.evaluation.results import Metrics
from core.figures import roc as figures_roc
from core.figures.confusion_matrix import confusion_matrix
from core.figures.reliability import reliability as reliability_diagram
from core.inference import evaluate
from core.paper import statements
from pages.components.shared import chart, open_models
from pages.components.shared.text import escape_markdown, format_metric, join, with_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.bundle.folder import Bundle

_RANKING, _CALIBRATION, _PAPER = "ROC and precision-recall", "Calibration", "The paper's matrix"


class Predictions(NamedTuple):
    """Predictions of a model, read once for the whole page.

    Attributes:
        table: ``test_set.parquet`` or ``out_of_fold.parquet``.
        truth: int64 [N], index of the true class.
        chances: float64 [N, C].
        metrics: the figures of just these predictions.
    """

    table: pd.DataFrame
    truth: NDArray[np.int64]
    chances: NDArray[np.float64]
    metrics: Metrics


def predictions(model: open_models.Model, *, out_of_fold: bool) -> Predictions:
    """Return the predictions for the test set, or those of all folds together.

    Raises:
        BundleError: the table cannot be read.
    """
    manifest = model.bundle.manifest
    table = open_models.table(model, OUT_OF_FOLD if out_of_fold else TEST_SET)
    truth = class_indices(table["true_class"], manifest.class_names)
    metrics = _pooled(model.key, model.bundle) if out_of_fold else manifest.metrics
    return Predictions(table, truth, probability_matrix(table, manifest.class_names), metrics)


@st.cache_data(max_entries=16, show_spinner="Measuring the folds' predictions …")
def _pooled(key: str, _bundle: Bundle) -> Metrics:
    del key
    return Metrics.model_validate(evaluate.on_out_of_fold(_bundle))


def tabs(model: open_models.Model, shown: Predictions) -> None:
    """Draw the three sections as tabs; only the open one is computed."""
    sections = st.tabs([_RANKING, _CALIBRATION, _PAPER], key="details", bind="query-params")
    for section, draw in zip(sections, (_ranking, _calibration, _the_papers), strict=True):
        if section.open:
            with section:
                draw(model, shown)


def _ranking(model: open_models.Model, shown: Predictions) -> None:
    class_names = model.bundle.manifest.class_names
    rocs, precisions, prevalence, rows = {}, {}, {}, []
    for index, name in enumerate(class_names):
        is_class, scores = shown.truth == index, shown.chances[:, index]
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
        st.caption("All images are of one class: nothing can be told apart.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        areas = [f"{name} {row['AUC']}" for name, row in zip(class_names, rows, strict=True)]
        chart.draw(figures_roc.roc(rocs), key="roc", alt=f"ROC curves. AUC: {', '.join(areas)}")
    with right:
        chart.draw(
            figures_roc.precision_recall(precisions, prevalence),
            key="precision recall",
            alt="Precision-recall curves; their average precision stands in the table below",
        )
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt="AUC with interval and average precision of each class"
    )
    st.caption(
        "Each class against the rest, whatever the threshold. AUC: the chance that an image of the class "
        "gets a higher probability than one of the rest, with its 95 % interval; 0.5, the dotted line, is "
        "guessing. The average precision of guessing is the class's share of the images, the short line at "
        "the right."
    )


def _calibration(model: open_models.Model, shown: Predictions) -> None:
    table = reliability(shown.truth, shown.chances, shown.table["group"])
    error = shown.metrics.expected_calibration_error
    left, right = st.columns(2, gap="large")
    with left:
        chart.draw(
            reliability_diagram(table),
            key="reliability",
            alt=f"Reliability diagram of {model.label}; its numbers stand in the table beside it",
        )
    with right:
        st.markdown(
            "Of the images called with a probability of about 80 %, about 80 % should be called rightly: "
            f"then a point lies on the dotted line. The images are sorted into {BINS} bins by the "
            "probability of their most probable class; the bars count them, and the whiskers are 95 % "
            "intervals."
        )
        if error is not None:
            st.markdown(
                f"Expected calibration error: **{error.value:.3f}**. A perfectly calibrated model with "
                f"these very probabilities would show {error.perfect_mean:.3f} on average, and nine times "
                f"out of ten at most {error.perfect_90th_percentile:.3f}: so few images never lie on it. "
                + (
                    "This model shows more: its probabilities are probably off."
                    if error.value > error.perfect_90th_percentile
                    else "Chance alone can explain this: nothing shows that its probabilities are off."
                )
            )
        st.dataframe(
            table[table["images"] > 0],
            hide_index=True,
            height=240,
            column_config={
                name: st.column_config.NumberColumn(words, format="percent")
                for name, words in (
                    ("low", "from"),
                    ("high", "to"),
                    ("confidence", "mean probability"),
                    ("accuracy", "share of hits"),
                    ("accuracy_low", "interval from"),
                    ("accuracy_high", "interval to"),
                )
            },
            alt="Reliability diagram as a table, one row for each bin with images",
        )


def _the_papers(model: open_models.Model, shown: Predictions) -> None:
    class_names = model.bundle.manifest.class_names
    papers = np.array(statements.RECONSTRUCTED_CONFUSION_MATRIX)
    ours = confusion.count(shown.truth, confusion.decide(shown.chances), len(class_names))
    for place, title, counts, names in zip(
        st.columns(2, gap="large"),
        ("Reconstructed, not printed in the paper", f"{model.label}, by the most probable class"),
        (papers, ours),
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
                key=f"beside the paper: {title}",
                alt=f"Confusion matrix: {title}. Right are {join(recalls)}",
            )
            accuracy = np.trace(counts) / max(counts.sum(), 1)
            st.caption(f"{accuracy:.1%} right: {escape_markdown(join(recalls))}.")
    errors = [
        f"{count} {true_class} called {called}"
        for (true_class, called), count in statements.NAMED_ERRORS.items()
    ]
    st.markdown(
        f"The paper names {join(errors)}, and a test accuracy of {statements.TEST_ACCURACY:.0%}. With the "
        f"sizes that follow from its tables, {papers.sum()} test files, these are all its errors, and the "
        "rest of the matrix is arithmetic. It looks as if segmentation masks were among those files, and "
        "copies of test images among the training files: so the two matrices measure different things, and "
        "an interval for the paper's would be too narrow to be honest."
    )
    st.markdown(f"The interval of this model's accuracy: {with_interval(shown.metrics.accuracy)}.")
    st.caption(f"Source: {statements.CITATION}. The matrix is an inference, not a statement of the paper.")
