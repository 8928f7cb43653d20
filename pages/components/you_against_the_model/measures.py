"""Both readers in numbers, beside the radiologists and the whole test set, and their agreement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.evaluation import radiologists
from pages.components.shared import data_table, open_models
from pages.components.shared.text import escape_markdown, format_metric, format_percent

if TYPE_CHECKING:
    from core.evaluation.reader_study import ReaderStudy, Reading
    from pages.components.shared.open_models import Model
    from pages.components.you_against_the_model.image_source import Source

_INTERVALS = "In brackets: 95 % confidence intervals."


def draw(study: ReaderStudy, source: Source) -> None:
    """Draw accuracy, sensitivity and specificity of both, and of the radiologists where they are known.

    Args:
        study: the result.
        source: where its images were drawn from.
    """
    positive = study.positive_class
    rows = [
        _row("You", study.person, positive, study.class_names),
        _row(source.model.label, study.model, positive, study.class_names),
    ]
    if source.tested:
        rows.append(_of_all_tests(source.model, positive))
    read = study.radiologists
    if read is not None:
        known = int(radiologists.has_category([one.birads for one in study.images]).sum())
        of = f", {known} of {len(study.images)} images" if known < len(study.images) else ""
        rows.append(
            {
                "reader": f"Radiologists, BI-RADS 4 and above{of}",
                "accuracy": "does not apply",
                "sensitivity": format_percent(read.sensitivity),
                "specificity": format_percent(read.specificity),
            }
        )
    table = pd.DataFrame(rows)
    data_table.draw(
        table,
        alt="Accuracy, sensitivity and specificity of both readers",
        column_config={
            "sensitivity": f"sensitivity for {positive}",
            "specificity": f"specificity for {positive}",
        },
    )
    said = [_INTERVALS]
    if study.person.unanswered.any():
        said.append("An image without an answer counts as an error, in every column.")
    if read is not None:
        said.append(escape_markdown(radiologists.what_it_is_not(source.model.bundle.manifest.data)))
    st.caption(" ".join(said))


def _of_all_tests(model: Model, positive: str | None) -> dict[str, str]:
    metrics = open_models.metrics(model)
    row = {
        "reader": f"{model.label}, all {metrics.images:,} test images",
        "accuracy": format_percent(metrics.accuracy),
    }
    if positive is not None:
        of_class = metrics.per_class[positive]
        row["sensitivity"] = format_percent(of_class.sensitivity)
        row["specificity"] = format_percent(of_class.specificity)
    return row


def _row(reader: str, reading: Reading, positive: str | None, class_names: tuple[str, ...]) -> dict[str, str]:
    row = {"reader": reader, "accuracy": format_percent(reading.margins.accuracy)}
    if positive is not None:
        index = class_names.index(positive)
        row["sensitivity"] = format_percent(reading.margins.recall[index])
        row["specificity"] = format_percent(reading.margins.specificity[index])
    return row


def draw_agreement(study: ReaderStudy, label: str) -> None:
    """Draw how often person and model agree.

    Args:
        study: the result.
        label: name of the model, as Markdown.
    """
    found = study.agreement
    if found is None:
        st.markdown("Without an answer there is no agreement to measure.")
        return
    images = f"{found.images} image{'s' if found.images > 1 else ''}"
    answered = images if found.images == len(study.images) else f"{images} with an answer"
    st.markdown(
        f"**Agreement:** you and {label} give the same class to {found.same} of the {answered}, "
        f"{format_percent(found.share)}. Cohen’s kappa: {format_metric(found.kappa)}.",
        help="Kappa is 1 for full agreement. It is 0 for as much agreement as chance gives two readers who "
        "choose each class as often as you and the model do. Two who make the same errors agree as well.",
    )
