"""The model card: what a model is, what its numbers are worth, and where they came from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from huggingface_hub import EvalResult, ModelCardData

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.bundle.manifest import Manifest
    from core.evaluation.results import Interval, Metrics

NOT_A_DEVICE = (
    "**Not a medical device.** It was made for teaching and research, has not been tested on patients, and"
    " must not be used to diagnose or to decide about treatment."
)
PROTOCOLS = {
    "clean": "The images were split by groups of near-duplicates, so no copy of a test image was trained on.",
    "naive": "The images were split at random, without looking for near-duplicates.",
    "paper": "Every PNG file was taken for an image, segmentation masks included, and the files were split"
    " by class as the paper did.",
}
LEAKS = {
    "naive": "near-duplicates of test images were in the training data, so the figures below are too high",
    "paper": "segmentation masks were counted as images, and near-duplicates of test images were in the "
    "training data, so the figures below are far too high",
}
# Title, the Hub's name of the metric (None: the Hub has no such), and the field of Metrics.
METRICS = (
    ("Accuracy", "accuracy", "accuracy"),
    ("Balanced accuracy", "balanced_accuracy", "balanced_accuracy"),
    ("Macro F1", "f1", "macro_f1"),
    ("AUC, one versus rest", "roc_auc", "auc"),
    ("Log loss", None, "log_loss"),
    ("Brier score", "brier_score", "brier_score"),
)


def render(manifest: Manifest) -> str:
    """Return the text of ``README.md``: metadata with the Hub's model-index, then Markdown.

    Args:
        manifest: of the bundle; everything the card says is taken from it.
    """
    sections = (
        _introduction(manifest),
        _worth(manifest),
        _results(manifest),
        _data(manifest),
        _training(manifest),
        _limits(manifest),
    )
    return f"---\n{_metadata(manifest).to_yaml()}\n---\n\n" + "\n\n".join(sections) + "\n"


def how_split(manifest: Manifest, escape: Callable[[str], str]) -> str:
    """Return by which rules the images were split, in sentences.

    Args:
        manifest: of the bundle.
        escape: makes a file's name harmless where it is shown.
    """
    given = manifest.given_split
    if given is None:
        return PROTOCOLS[manifest.protocol]
    return given.described(escape(given.file), manifest.protocol, patient_ids=manifest.data.patient_ids)


def warnings(manifest: Manifest) -> list[str]:
    """Return why the figures of this bundle must not be taken at face value, one sentence for each reason."""
    found = []
    if manifest.data.simulated:
        found.append("This model was trained on simulated images: its figures say nothing about patients.")
    if given := manifest.given_split:
        test = manifest.metrics.images
        found += given.warnings(manifest.protocol, test, patient_ids=manifest.data.patient_ids)
    elif manifest.protocol in LEAKS:
        found.append(f"The protocol `{manifest.protocol}` leaks: {LEAKS[manifest.protocol]}.")
    if not manifest.data.simulated and not manifest.data.patient_ids:
        found.append(
            "The data has no patient ids: other images of one patient may stand in training and in test."
        )
    return found


def source(manifest: Manifest) -> str:
    """Return where the images came from: their licence and their citation."""
    data = manifest.data
    return _source(data.name, data.licence, data.citation)


def _metadata(manifest: Manifest) -> ModelCardData:
    metrics, data, given = manifest.metrics, manifest.data, manifest.given_split
    found = re.fullmatch(r"hf://datasets/([^@]+)@([0-9a-f]{40})", data.name)
    results = []
    for title, hub_name, field in METRICS:
        interval: Interval | None = getattr(metrics, field)
        if hub_name is None or interval is None:
            continue
        results.append(
            EvalResult(
                task_type="image-classification",
                task_name="Breast ultrasound classification",
                # The Hub links a data set of its own by this.
                dataset_type=found[1] if found else re.sub(r"\W+", "-", data.name.lower()).strip("-"),
                dataset_name=f"{data.name}, protocol {manifest.protocol}"
                + (f", split {given.file}" if given else ""),
                dataset_revision=found[2] if found else None,
                dataset_split="test",
                metric_type=hub_name,
                metric_name=title,
                metric_value=round(interval.value, 4),
                metric_args={"interval_95": [round(interval.low, 4), round(interval.high, 4)]},
            )
        )
    return ModelCardData(
        model_name=manifest.name,
        library_name="onnx",
        pipeline_tag="image-classification",
        datasets=[found[1]] if found else None,
        tags=["breast-ultrasound", "medical-imaging", manifest.recipe.backbone.replace("_", "-")],
        # The Hub wants the name of a data set and a result together; no result, no model-index.
        eval_results=results or None,
    )


def _introduction(manifest: Manifest) -> str:
    recipe = manifest.recipe
    classes = ", ".join(map(_plain, manifest.class_names))
    return (
        f"# {manifest.name}\n\n"
        f"A classifier of breast ultrasound images into {classes}: {recipe.backbone} at"
        f" {recipe.preprocessing.image_size} × {recipe.preprocessing.image_size} pixels with"
        f" {manifest.parameters:,} parameters, as an ONNX file that gives calibrated probabilities and a"
        f" saliency map per class.\n\n{NOT_A_DEVICE}"
    )


def _worth(manifest: Manifest) -> str:
    cautions = "".join(f"\n\n> **Warning.** {text}" for text in warnings(manifest))
    grouping = f" Grouping: {manifest.grouping}." if manifest.protocol == "clean" else ""
    return (
        "## What its numbers are worth\n\n"
        f"Protocol `{manifest.protocol}`: {how_split(manifest, _plain)}{grouping}{cautions}"
    )


def _results(manifest: Manifest) -> str:
    metrics = manifest.metrics
    rows = [[title, _figure(getattr(metrics, field))] for title, _, field in METRICS]
    if error := metrics.expected_calibration_error:
        rows.append(
            ["Expected calibration error", f"{error.value:.3f} ({error.perfect_mean:.3f} if perfect)"]
        )
    if (point := metrics.operating_point) and manifest.positive_class:
        at = f"of {_plain(manifest.positive_class)} at threshold {point.threshold:.3f}"
        rows.append([f"Sensitivity {at}", _figure(point.sensitivity)])
        rows.append([f"Specificity {at}", _figure(point.specificity)])
    return (
        "## Results\n\n"
        f"On {metrics.images} test images in {metrics.groups} groups, with 95 % intervals:\n\n"
        f"{_table(['Metric', 'Value'], rows)}\n\n{_per_class(metrics)}\n\n{_confusion(manifest)}"
    )


def _per_class(metrics: Metrics) -> str:
    fields = ("sensitivity", "specificity", "precision", "auc")
    rows = [
        [_plain(name), str(one.support), *(_figure(getattr(one, field)) for field in fields)]
        for name, one in metrics.per_class.items()
    ]
    return _table(["Class", "Images", "Sensitivity", "Specificity", "Precision", "AUC"], rows)


def _confusion(manifest: Manifest) -> str:
    names = [_plain(name) for name in manifest.class_names]
    counts = zip(names, manifest.metrics.confusion_matrix, strict=True)
    rows = [[f"**{name}**", *map(str, row)] for name, row in counts]
    return "Confusion matrix, a row for each true class:\n\n" + _table(["true \\ predicted", *names], rows)


def _data(manifest: Manifest) -> str:
    data = manifest.data
    rows = [
        [part, *(str(counts.get(name, 0)) for name in manifest.class_names)]
        for part, counts in manifest.counts.items()
    ]
    header = ["Part", *map(_plain, manifest.class_names)]
    return (
        f"## Data\n\n{_source(_plain(data.name), data.licence and _plain(data.licence), data.citation)}"
        f"\n\n{_table(header, rows)}"
    )


def _source(name: str, licence: str | None, citation: str | None) -> str:
    cited = (citation or "none given").removesuffix(".")
    return f"{name}. Licence of the data: {licence or 'not stated'}. Citation: {cited}."


def _training(manifest: Manifest) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
    return (
        f"## Training\n\n```\n{manifest.command}\n```\n\n"
        f"Recipe `{manifest.recipe.name}`, seed {manifest.seed}, {manifest.recipe.keep} epoch"
        f" {manifest.best_epoch} of {manifest.recipe.epochs}, made on {manifest.created}."
        f" Versions: {versions}. The whole recipe stands in `bundle.json`."
    )


def _limits(manifest: Manifest) -> str:
    return (
        "## Limits\n\n"
        "- The figures hold for images like those of the test set; other hospitals, machines and patients"
        " differ, and results on them are usually worse.\n"
        "- Every image gets one of the classes above, also one that shows none of them. The bundle holds a"
        f" distance threshold ({manifest.decision.distance_threshold:.3f}, cosine) beyond which an image is"
        " unlike the training data.\n"
        "- A saliency map shows what moved the answer, not where a lesion is."
    )


def _figure(interval: Interval | None) -> str:
    if interval is None:
        return "does not apply"
    return f"{interval.value:.3f} ({interval.low:.3f}–{interval.high:.3f})"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(name: str) -> str:
    """Escape what Markdown would read as its own: names of classes and data sets are the user's."""
    return re.sub(r"([\\`*_\[\]<>|~#])", r"\\\1", name)
