"""A report on the prediction for one image or clip: one page of HTML that needs nothing else.

It has no header data of a DICOM file, and the name of a file only where it was asked for. Whatever comes from
a stranger is escaped; the page runs no script and loads nothing.
"""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import numpy as np

from core.bundle import known_images
from core.bundle.limitations import NOT_A_DEVICE
from core.escape import html, shorten, visible
from core.inference import report_figures
from core.inference.overlay import peak
from core.inference.report_content import short_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.inference.classifier import Prediction
    from core.inference.report_content import Report
    from core.inference.similar import SimilarImage

_TEMPLATE = Path(__file__).with_suffix(".html")
_MOST_CLASSES = 6  # that have a line; a model may have a hundred
_LONGEST_FILE = 120  # characters: what tells files apart may stand in the middle of a path
_SETS = {"test": "test", "train": "training"}


def render(report: Report) -> str:
    """Return the report as the text of an HTML file."""
    prediction = report.prediction
    what = "a frame of a clip" if report.clip else "an image"
    which = f"Frame {report.clip.shown}" if report.clip else "Predicted class"
    predicted = (
        f"<div><h2>{which}: {_name(prediction.predicted_class)}</h2>{_bars(report)}"
        f"<p>{_possible(report)}</p></div>"
    )
    reasons = f"<div><h2>Reasons not to trust it</h2>{_findings(report)}</div>"
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=f"Breast-ultrasound prediction: {'a crop of ' if report.crop else ''}{what}",
        content="with-parts" if report.crop or report.clip else "alone",
        created=f"{report.created:%Y-%m-%d %H:%M} UTC",
        device=html(NOT_A_DEVICE.replace("*", "")),
        name=f"<p>File: {html(shorten(visible(report.file), _LONGEST_FILE))}</p>" if report.file else "",
        # A crop takes the place beside the two other images.
        images=_images(report) + ("" if report.crop else predicted),
        reasons=f'<section class="columns">{predicted}{reasons}</section>' if report.crop else reasons,
        crop=_crop(report),
        clip=_clip(report),
        similar=_similar(report),
        likeness=html(f"{known_images.LIKENESS} {known_images.describe_agreement(report.manifest)}"),
        limits=_list(report.limits),
        model=_model(report),
    )


def _findings(report: Report) -> str:
    if report.findings:
        return _list(report.findings)
    return "<p>None was found. That does not make the prediction correct.</p>"


def _images(report: Report) -> str:
    prediction, crop = report.prediction, report.crop
    height, width = report.pixels.shape[:2]
    changed = " Decoding changed it; the app says how." if report.changed else ""
    boxed = " The crop is framed." if crop else ""
    parts = [
        _figure(
            report_figures.as_uploaded(report.pixels, crop.box if crop else None),
            f"As decoded, {width} × {height} pixels.{changed}{boxed}",
        )
    ]
    if crop:
        parts.append(
            _figure(
                report_figures.cropped(report.pixels, crop.box),
                f"The crop, {crop.box.right - crop.box.left} × {crop.box.bottom - crop.box.top} pixels, from "
                f"column {crop.box.left}, row {crop.box.top}.",
            )
        )
    index = report.manifest.class_names.index(prediction.predicted_class)
    side, strongest = prediction.image.shape[0], peak(prediction.saliency[index])
    where = f" Strongest cell: row {strongest.row}, column {strongest.column}." if strongest else ""
    parts.append(
        _figure(
            report_figures.explained(prediction.image, prediction.saliency, index),
            f"As the network saw it, {side} × {side} pixels, with the saliency (HiResCAM) of the predicted "
            f"class. It shows what influenced the prediction, not where the lesion is.{where}",
        )
    )
    return "".join(parts)


def _figure(url: str, caption: str) -> str:
    return f'<figure><img src="{url}" alt="{html(caption)}"><figcaption>{html(caption)}</figcaption></figure>'


def _bars(report: Report) -> str:
    decision, names = report.manifest.decision, list(report.prediction.probabilities)
    shown = _most_probable(report.prediction.probabilities)
    rows = [
        f"<tr><td>{_name(name)}</td><td>"
        + report_figures.bar(
            report.prediction.probabilities[name],
            1 - decision.conformal_threshold_of(name),
            report.colours[name],
        )
        + f'</td><td class="number">{report.prediction.probabilities[name]:.1%}</td></tr>'
        for name in shown
    ]
    if others := [name for name in names if name not in shown]:
        rest = sum(report.prediction.probabilities[name] for name in others)
        rows.append(f'<tr><td>{len(others)} others</td><td></td><td class="number">{rest:.1%}</td></tr>')
    return f'<table class="bars">{"".join(rows)}</table>'


def _most_probable(probabilities: Mapping[str, float]) -> list[str]:
    """Return the classes that have a line, in the model's order."""
    largest = sorted(probabilities, key=lambda name: -probabilities[name])[:_MOST_CLASSES]
    return [name for name in probabilities if name in largest]


def _possible(report: Report) -> str:
    of = " (whole image)" if report.crop else ""
    true = f" True class{of}: <strong>{_name(report.true_class)}</strong>." if report.true_class else ""
    return (
        f"Possible: <strong>{_set(report.prediction)}</strong>.{true} Probabilities are calibrated. A class "
        "at or above the dashed line is possible (conformal prediction). On average, 90 % of images like "
        "those that the line was set on have their true class among the possible ones. This does not hold "
        "for a single image."
    )


def _set(prediction: Prediction) -> str:
    names = [_name(name) for name in prediction.possible[:_MOST_CLASSES]]
    if more := len(prediction.possible) - len(names):
        names.append(f"{more} more")
    return " or ".join(names) or "no class, all are too improbable"


def _crop(report: Report) -> str:
    if report.crop is None:
        return ""
    rows = [
        f"<tr><td>{what}</td><td>{_in_falling_order(one)}</td></tr>"
        for what, one in (("whole image", report.crop.whole), ("crop", report.prediction))
    ]
    return (
        '<h2>With and without the crop</h2><table class="crop"><tr><th>Classified</th>'
        f"<th>Probabilities, of possible classes in bold</th></tr>{''.join(rows)}</table>"
    )


def _in_falling_order(prediction: Prediction) -> str:
    shown = _most_probable(prediction.probabilities)
    falling = sorted(shown, key=lambda name: -prediction.probabilities[name])
    texts = {name: f"{_name(name)} {prediction.probabilities[name]:.1%}" for name in falling}
    return ", ".join(
        f"<strong>{text}</strong>" if name in prediction.possible else text for name, text in texts.items()
    )


def _clip(report: Report) -> str:
    clip = report.clip
    if clip is None:
        return ""
    names = report.manifest.class_names
    mean = dict(zip(names, np.asarray(clip.probabilities, float).mean(axis=0).tolist(), strict=True))
    shown = _most_probable(mean)
    legend = ", ".join(
        f'<span style="color: {report.colours[name]}">■</span> {_name(name)}' for name in shown
    )
    chart = report_figures.probabilities_over_frames(
        clip.frames,
        [(report.colours[name], clip.probabilities[:, names.index(name)]) for name in shown],
        clip.shown,
        f"Probabilities of {len(clip.frames)} frames, from 0 to 1",
    )
    return (
        f'<h2>The clip</h2><div class="columns clip"><div>{chart}<p class="small">{legend}; frames '
        f"{clip.frames[0]} to {clip.frames[-1]}, 0 % to 100 %; dashed: frame {clip.shown}, shown above.</p>"
        f"</div><div>{_list(clip.summary)}</div></div>"
    )


def _similar(report: Report) -> str:
    if not report.similar:
        return "<p>There is no known image to compare with.</p>"
    rows = [
        f"<tr><td>{_name(one.name)}{_match(one)}</td><td>{_SETS[one.set]}</td>"
        f"<td>{_name(one.true_class)}</td><td>{_name(one.predicted_class or '–')}</td>"
        f'<td class="number">{one.distance:.3f}</td></tr>'
        for one in report.similar
    ]
    return (
        '<table class="similar"><tr><th>Image</th><th>Set</th><th>True class</th><th>Predicted as</th>'
        f'<th class="number">Distance</th></tr>{"".join(rows)}</table>'
    )


def _match(one: SimilarImage) -> str:
    return f" ({one.match_in_words})" if one.match else ""


def _model(report: Report) -> str:
    origin, data = report.origin, report.manifest.data
    trained = " and ".join(_name(part.name) for part in data.each()[:_MOST_CLASSES])
    commit = f"commit {html(origin.commit)}" if origin.commit else "a local folder, without a commit"
    return (
        f"<p>Model: {_name(origin.model)}, {commit}; trained on {trained}. SHA-256 of its bundle.json: "
        f"{html(origin.bundle_sha256)}.</p><p>SHA-256 of the whole image's pixels: "
        f"{html(report.sha256)}.</p>"
    )


def _list(sentences: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{html(sentence)}</li>' for sentence in sentences)}</ul>"


def _name(name: str) -> str:
    """Return HTML of a name of a class, file, model or data set, cut where it is long."""
    return html(short_name(name))
