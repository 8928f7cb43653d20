"""The model card of a bundle: ``README.md`` with the metadata that the Hub reads.

``python -m core.bundle.card FOLDER …`` writes the cards of bundles again.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from huggingface_hub import EvalResult, ModelCardData

from core.backbone_names import EFFICIENTNET_LITE, LITE_WEIGHTS
from core.bundle import domain_card, failures, known_images, limits_elsewhere
from core.bundle.card_tables import metric, table
from core.bundle.folder import read_manifest
from core.bundle.limitations import NO_OPERATING_POINT, NOT_A_DEVICE, describe_split, warnings
from core.bundle.manifest import CARD
from core.data.duplicates.measured import FOUND_AT_FIRST, describe
from core.escape import markdown, markdown_block, markdown_code, visible
from core.evaluation.domain_results import MOST_AT_HOME
from core.evaluation.results import EARLIER_INTERVALS, METRIC_NAMES
from core.files import write_text

if TYPE_CHECKING:
    from core.bundle.manifest import Manifest
    from core.evaluation.results import Interval, Metrics
# Metrics that the Hub's model-index has a name for.
HUB_METRICS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced_accuracy",
    "macro_f1": "f1",
    "auc": "roc_auc",
    "brier_score": "brier_score",
}

_DISTANCES = {
    "nearest": "cosine distance to the training images",
    "mahalanobis": "Mahalanobis distance to the training images",
    "statistics": "distance to the training images' grey values, colours and texture",
}


def render(manifest: Manifest) -> str:
    """Return the text of ``README.md``: metadata with the Hub's model-index, then Markdown.

    Args:
        manifest: manifest of the bundle, the only source of the card.
    """
    sections = (
        _introduction(manifest),
        _evaluation_protocol(manifest),
        _results(manifest),
        _failures(manifest),
        _data(manifest),
        _training(manifest),
        limits_elsewhere.section(manifest, markdown),
        _domain(manifest),
        _neighbours(manifest),
        _limitations(manifest),
    )
    return f"---\n{_metadata(manifest).to_yaml()}\n---\n\n" + "\n\n".join(filter(None, sections)) + "\n"


def source(manifest: Manifest) -> str:
    """Return name, licence and citation of the data, as Markdown."""
    data = manifest.data
    name, licence = markdown(data.name), markdown(data.licence or "not stated")
    cited = markdown((data.citation or "none given").removesuffix("."))
    return f"{name}. Licence of the data: {licence}. Citation: {cited}."


def _metadata(manifest: Manifest) -> ModelCardData:
    metrics, data, given = manifest.metrics, manifest.data, manifest.given_split
    found = re.fullmatch(r"hf://datasets/([^@]+)@([0-9a-f]{40})", data.name)
    slug = re.sub(r"\W+", "-", data.name.lower()).strip("-") or "data"
    split = f", split {given.file or 'of the data set'}" if given else ""
    results = []
    for field, hub_name in HUB_METRICS.items():
        interval: Interval | None = getattr(metrics, field)
        if interval is None:
            continue
        results.append(
            EvalResult(
                task_type="image-classification",
                task_name="Breast ultrasound classification",
                # The Hub links its own data sets by this field.
                dataset_type=found[1] if found else slug,
                dataset_name=visible(f"{data.name}, protocol {manifest.protocol}{split}"),
                dataset_revision=found[2] if found else None,
                dataset_split="test",
                metric_type=hub_name,
                metric_name=METRIC_NAMES[field],
                metric_value=round(interval.value, 4),
                metric_args={"interval_95": [round(interval.low, 4), round(interval.high, 4)]},
            )
        )
    return ModelCardData(
        model_name=visible(manifest.name) or "model",
        library_name="onnx",
        pipeline_tag="image-classification",
        datasets=[found[1]] if found else None,
        tags=["breast-ultrasound", "medical-imaging", manifest.recipe.backbone.replace("_", "-")],
        # The Hub accepts a model-index only with results.
        eval_results=results or None,
    )


def _introduction(manifest: Manifest) -> str:
    recipe, side = manifest.recipe, manifest.recipe.preprocessing.image_size
    classes = ", ".join(map(markdown, manifest.class_names))
    return (
        f"# {markdown(manifest.name)}\n\n"
        f"A classifier of breast ultrasound images into {classes}. Backbone: {recipe.backbone}, input"
        f" {side} × {side} pixels, {manifest.parameters:,} parameters. The ONNX graph returns calibrated"
        f" probabilities and a saliency map per class.\n\n{NOT_A_DEVICE}"
    )


def _evaluation_protocol(manifest: Manifest) -> str:
    cautions = "".join(f"\n\n> **Warning.** {text}" for text in warnings(manifest, markdown))
    grouping = f" Grouping: {markdown(manifest.grouping)}." if manifest.protocol == "clean" else ""
    # The other protocols do not look for near-duplicates.
    found = describe() if manifest.near_duplicate_search > 1 else FOUND_AT_FIRST
    search = f"\n\n{found}" if manifest.protocol == "clean" else ""
    return (
        "## Evaluation protocol\n\n"
        f"Protocol `{manifest.protocol}`: {describe_split(manifest, markdown)}{grouping}{search}{cautions}"
    )


def _results(manifest: Manifest) -> str:
    metrics = manifest.metrics
    rows = [[name, metric(getattr(metrics, field))] for field, name in METRIC_NAMES.items()]
    if error := metrics.expected_calibration_error:
        rows.append(
            [
                "Expected calibration error",
                f"{error.value:.3f} ({error.perfect_mean:.3f} for a perfectly calibrated model)",
            ]
        )
    if (point := metrics.operating_point) and manifest.positive_class:
        at = f"of {markdown(manifest.positive_class)} at threshold {point.threshold:.3f}"
        rows.append([f"Sensitivity {at}", metric(point.sensitivity)])
        rows.append([f"Specificity {at}", metric(point.specificity)])
    lacking = "" if manifest.positive_class else f"{NO_OPERATING_POINT}\n\n"
    intervals = EARLIER_INTERVALS if metrics.intervals is None else markdown(metrics.intervals)
    return (
        "## Results\n\n"
        f"On {metrics.images} test images in {metrics.groups} groups, with 95 % confidence intervals:\n\n"
        f"{table(['Metric', 'Value'], rows)}\n\n{lacking}"
        f"Confidence intervals: {intervals}.\n\n"
        f"{_per_class(metrics)}\n\n{_confusion(manifest)}"
    )


def _failures(manifest: Manifest) -> str:
    at_home = limits_elsewhere.describe_fold(manifest, markdown)
    tables = [
        (f"### On the source that was held out\n\n{at_home}" if at_home else "### At home", manifest.subsets)
    ]
    for run in manifest.held_out:
        heading = f"### Held out by {markdown(run.hold_out)}\n\n{limits_elsewhere.OTHER_NETWORKS}"
        tables.append((heading, run.subsets))
    found = [
        failures.describe(subsets, heading, positive_class=manifest.positive_class)
        for heading, subsets in tables
    ]
    return "\n\n".join(["## Where this model fails", *filter(None, found)]) if any(found) else ""


def _domain(manifest: Manifest) -> str:
    compared = manifest.held_out[0].domain if manifest.held_out else None
    return "" if compared is None else domain_card.render(compared, manifest.flagged_at_home)


def _neighbours(manifest: Manifest) -> str:
    said = known_images.describe_agreement(manifest)
    return f"## Similar known images\n\n{known_images.LIKENESS} {said}" if said else ""


def _per_class(metrics: Metrics) -> str:
    fields = ("sensitivity", "specificity", "precision", "auc")
    rows = [
        [markdown(name), str(one.support), *(metric(getattr(one, field)) for field in fields)]
        for name, one in metrics.per_class.items()
    ]
    return table(["Class", "Images", "Sensitivity", "Specificity", "Precision", "AUC"], rows)


def _confusion(manifest: Manifest) -> str:
    names = [markdown(name) for name in manifest.class_names]
    counts = zip(names, manifest.metrics.confusion_matrix, strict=True)
    rows = [[f"**{name}**", *map(str, row)] for name, row in counts]
    return "Confusion matrix, one row per true class:\n\n" + table(["true \\ predicted", *names], rows)


def _data(manifest: Manifest) -> str:
    rows = [
        [markdown(subset), *(str(counts.get(name, 0)) for name in manifest.class_names)]
        for subset, counts in manifest.counts.items()
    ]
    header = ["Set", *map(markdown, manifest.class_names)]
    return f"## Data\n\n{source(manifest)}\n\n{table(header, rows)}"


def _training(manifest: Manifest) -> str:
    versions = markdown(", ".join(f"{name} {version}" for name, version in manifest.versions.items()))
    soft_labels = (
        " Trained with soft labels, which later versions do not support." if manifest.soft_labels else ""
    )
    created = markdown(manifest.created)
    recipe = manifest.recipe
    lite = recipe.weights == "imagenet" and recipe.backbone in EFFICIENTNET_LITE
    began = f" Training began with the ImageNet weights of {recipe.backbone}: {LITE_WEIGHTS}." if lite else ""
    return (
        f"## Training\n\n{markdown_block(manifest.command)}\n\n"
        f"Recipe {markdown_code(manifest.recipe.name)}, seed {manifest.seed}, {manifest.recipe.keep} epoch"
        f" {manifest.best_epoch} of {manifest.recipe.epochs}, created {created}.{began}{soft_labels}"
        f" Versions: {versions}. The full recipe is in `bundle.json`."
    )


def _limitations(manifest: Manifest) -> str:
    limits = " or ".join(
        f"its {_DISTANCES[limit.score]} exceeds {limit.threshold:.3f}"
        for limit in manifest.decision.domain_limits
    )
    flagged = manifest.flagged_at_home
    own = (
        f" Of this model's own {flagged.images} test images this flags"
        f" {flagged.rate.in_words('.1%')}; wanted: at most {MOST_AT_HOME:.0%}."
        if flagged
        else ""
    )
    return (
        "## Limitations\n\n"
        "- The results hold for images like those of the test set. Results on images from other hospitals,"
        " devices and patients are usually worse.\n"
        "- Every image is assigned one of the classes above, even if it shows none of them. An image counts"
        f" as out of distribution when {limits}.{own}\n"
        "- A saliency map shows what influenced the prediction, not where the lesion is."
    )


def main() -> None:
    """Write the cards of the bundles that the command line names."""
    for folder in map(Path, sys.argv[1:]):
        write_text(folder / CARD, render(read_manifest(folder)))


if __name__ == "__main__":
    main()
