"""Charts below the confusion matrix: threshold, ranking, calibration; each with its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from core.bundle import limits_elsewhere
from core.escape import html
from core.evaluation import ranking
from core.evaluation.calibration import reliability
from core.figures import captions
from core.figures import roc as figures_roc
from core.figures.reliability import reliability as reliability_diagram
from core.figures.style import class_colours
from core.figures.thresholds import tradeoff
from core.site import charts
from core.site.html_table import html_table

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.bundle.manifest import Manifest
    from core.evaluation.predictions import LabelledPredictions


class Section(NamedTuple):
    """A part of the page that opens and closes.

    Attributes:
        title: its title.
        body: its HTML.
        charts: name of each chart in it → the figure.
    """

    title: str
    body: str
    charts: dict[str, Any]

    def html(self, *, is_open: bool = False) -> str:
        """Return the section as HTML."""
        state = " open" if is_open else ""
        return f"<details{state}><summary>{html(self.title)}</summary>\n{self.body}\n</details>"


def sections(manifest: Manifest, shown: LabelledPredictions) -> list[Section]:
    """Return the sections.

    Args:
        manifest: manifest of the bundle.
        shown: predictions for the test set.
    """
    return [_threshold(manifest, shown), _ranking(manifest, shown), _calibration(manifest, shown)]


def _threshold(manifest: Manifest, shown: LabelledPredictions) -> Section:
    title, positive = "Threshold", manifest.positive_class
    is_positive = shown.truth == (-1 if positive is None else manifest.class_names.index(positive))
    if positive is None or is_positive.all() or not is_positive.any():
        return Section(title, _paragraph(captions.NO_TRADEOFF), {})
    operating = manifest.decision.operating_threshold
    marks = {} if operating is None else {f"operating point {operating:.1%}": operating}
    scores = shown.probabilities[:, manifest.class_names.index(positive)]
    curve = ranking.tradeoff(is_positive, scores, shown.groups)
    figure = tradeoff(curve, positive, marks, colour=class_colours(manifest.class_names)[positive])
    explained = (
        "" if operating is None else captions.operating_rule(manifest.decision.operating_rule, escape=str)
    )
    body = _chart("tradeoff", figure, captions.tradeoff(positive, list(marks)))
    return Section(
        title, body + _paragraph(f"{captions.TRADEOFF} {explained}"), {"tradeoff": charts.as_plain(figure)}
    )


def _ranking(manifest: Manifest, shown: LabelledPredictions) -> Section:
    title = "ROC and precision-recall"
    rocs, precisions, prevalence, rows = {}, {}, {}, []
    for index, name in enumerate(manifest.class_names):
        is_class, scores = shown.truth == index, shown.probabilities[:, index]
        row = [name, str(int(is_class.sum())), captions.percent(None), "–", "–"]
        if is_class.any() and not is_class.all():
            rocs[name] = ranking.roc(is_class, scores)
            precisions[name] = ranking.precision_recall(is_class, scores)
            prevalence[name] = float(is_class.mean())
            auc = manifest.metrics.per_class[name].auc
            row[2:] = [
                "–" if auc is None else auc.in_words(),
                f"{ranking.average_precision(precisions[name]):.3f}",
                f"{prevalence[name]:.1%}",
            ]
        rows.append(row)
    if not rocs:
        return Section(title, _paragraph(captions.NO_RANKING), {})
    figures = {
        "roc": figures_roc.roc(rocs),
        "precision-recall": figures_roc.precision_recall(precisions, prevalence),
    }
    alts = (captions.areas({name: auc for name, _, auc, *_ in rows}), captions.PRECISION_RECALL)
    drawn = "".join(
        _chart(name, figure, alt) for (name, figure), alt in zip(figures.items(), alts, strict=True)
    )
    header = ["class", "images", "AUC", "average precision", "share of images"]
    table = html_table(header, rows, "AUC with confidence interval and average precision of each class")
    body = f'<div class="three">{drawn}</div>{table}' + _paragraph(
        f"{captions.RANKING} {captions.RANKING_EXPLAINED}"
    )
    return Section(title, body, {name: charts.as_plain(figure) for name, figure in figures.items()})


def _calibration(manifest: Manifest, shown: LabelledPredictions) -> Section:
    table = reliability(shown.truth, shown.probabilities, shown.groups)
    figure = reliability_diagram(table)
    words = _paragraph(f"{captions.RELIABILITY} {captions.RELIABILITY_EXPLAINED}")
    if error := manifest.metrics.expected_calibration_error:
        words += _paragraph(
            f"Expected calibration error: {error.value:.3f}. {captions.calibration(error)} "
            f"{captions.calibration_explained(error)} {limits_elsewhere.describe_calibration(manifest, str)}"
        )
    rows = [
        [
            f"{row.low:.1%}",
            f"{row.high:.1%}",
            str(row.images),
            f"{row.confidence:.1%}",
            f"{row.accuracy:.1%} ({row.accuracy_low:.1%} to {row.accuracy_high:.1%})",
        ]
        for row in table[table["images"] > 0].itertuples()
    ]
    header = ["from", "to", "images", "mean probability", "accuracy"]
    bins = html_table(header, rows, "Reliability diagram as a table, one row per bin with images")
    alt = "Reliability diagram; its numbers are in the table beside it"
    body = f'<div class="three">{_chart("reliability", figure, alt)}<div>{words}{bins}</div></div>'
    return Section("Calibration", body, {"reliability": charts.as_plain(figure)})


def _chart(name: str, figure: go.Figure, alt: str) -> str:
    return charts.place(name, alt, figure.layout.height)


def _paragraph(text: str) -> str:
    return f'<p class="caption">{html(text)}</p>'
