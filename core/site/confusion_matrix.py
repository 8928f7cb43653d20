"""The page Confusion matrix: three views under two decision rules, and the images of each cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from core.bundle.manifest import TEST_SET
from core.evaluation.predictions import LabelledPredictions
from core.figures import captions
from core.figures.confusion_matrix import cell_frame, confusion_matrix
from core.figures.style import class_colours
from core.site import charts, decision_rules, evaluation_charts, tested_images
from core.site.confusion_body import VIEWS, body
from core.site.files import as_json
from core.site.refusals import why_no_images
from core.site.shell import CONFUSION_MATRIX, page
from core.site.tested_images import Wanted

if TYPE_CHECKING:
    import pandas as pd

    from core.bundle.folder import Bundle
    from core.site.classify import Origin
    from core.site.decision_rules import Decided
    from core.site.files import Files

CHARTS = "charts/confusion-matrix.json"
_MOST_IMAGES = 36  # of a cell: a browser keeps them all for later visits


def files(bundle: Bundle, origin: Origin) -> Files:
    """Return the files of the page, its images among them where the bundle may show them.

    Raises:
        BundleError: a table or image of the bundle cannot be read, or its network cannot be loaded.
    """
    manifest, table = bundle.manifest, bundle.table(TEST_SET)
    names = manifest.class_names
    shown = LabelledPredictions.from_table(table, names)
    rules = decision_rules.rules(manifest, shown)
    why = why_no_images(bundle)
    wanted = {} if why else _wanted(bundle, table, shown, rules)
    sections = evaluation_charts.sections(manifest, shown)
    positive = 0 if manifest.positive_class is None else names.index(manifest.positive_class)
    start = (positive, int(positive == 0))
    content = {
        "classes": [{"name": name, "colour": class_colours(names)[name]} for name in names],
        "views": VIEWS,
        "rules": [_rule(one, shown, names, wanted) for one in rules],
        "frames": [[cell_frame(row, column) for column in range(len(names))] for row in range(len(names))],
        "start": start,
        "images": {number: _words(shown, number, names) for number in wanted},
        "sections": {name: figure for section in sections for name, figure in section.charts.items()},
    }
    written = "\n".join(section.html(is_open=not number) for number, section in enumerate(sections))
    return {
        CONFUSION_MATRIX.file: page(
            CONFUSION_MATRIX,
            body(manifest, rules, why, start, written),
            model=origin.model,
            modules=["confusion.js"],
            policy=charts.CHART_POLICY,
        ),
        CHARTS: as_json(content),
        **tested_images.files(bundle, list(wanted.values())),
    }


def _wanted(
    bundle: Bundle, table: pd.DataFrame, shown: LabelledPredictions, rules: list[Decided]
) -> dict[int, Wanted]:
    """Return the images that the page shows, by their number in the table of the test set."""
    stored, hashes = bundle.test_images(), table["sha256"].tolist()
    predicted: dict[int, set[int]] = {}
    for rule in rules:
        for row, column in np.ndindex(rule.counts.shape):
            for number in rule.inside(shown, row, column)[:_MOST_IMAGES]:
                if hashes[number] in stored:
                    predicted.setdefault(number, set()).add(column)
    return {
        number: Wanted(number, hashes[number], tuple(sorted(classes)))
        for number, classes in sorted(predicted.items())
    }


def _rule(
    decided: Decided, shown: LabelledPredictions, names: tuple[str, ...], wanted: dict[int, Wanted]
) -> dict[str, Any]:
    count = range(len(names))
    return {
        "name": decided.name,
        "views": {
            view: charts.as_plain(confusion_matrix(decided.counts, names, show=view, margins=decided.margins))
            for view in VIEWS
        },
        "cells": [[_cell(decided, shown, (row, column), names, wanted) for column in count] for row in count],
    }


def _cell(
    decided: Decided,
    shown: LabelledPredictions,
    at: tuple[int, int],
    names: tuple[str, ...],
    wanted: dict[int, Wanted],
) -> dict[str, Any]:
    (row, column), inside = at, decided.inside(shown, *at)
    confidence = shown.probabilities[inside, column]
    words = f"{captions.cell(decided.counts, row, column, names[row])}."
    if inside:
        words += f" {captions.cell_explained(names[column], float(np.median(confidence)))}"
    images = [
        [number, f"{share:.1%}"]
        for number, share in zip(inside, confidence, strict=True)
        if number in wanted and column in wanted[number].predicted
    ]
    if 0 < len(images) < len(inside):
        words += f" Shown: {len(images)} of them."
    return {"title": f"{names[row]} predicted as {names[column]}", "words": words, "images": images}


def _words(shown: LabelledPredictions, number: int, names: tuple[str, ...]) -> str:
    by_class = dict(zip(names, shown.probabilities[number].tolist(), strict=True))
    return f"True class: {names[shown.truth[number]]}. Probabilities: {captions.probabilities(by_class)}."
