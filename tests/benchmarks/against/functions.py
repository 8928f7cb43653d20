"""Functions that take most of the time, inside one checkout and found under their new or their old name."""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[[], object]
    Prepare = Callable[[], Call]  # raises LookupError where the checkout lacks a function

# Newest name first. When a function moves or is renamed, its new name goes in front.
NAMES = {
    "decode": ("core.images.decode:decode", "core.images:decode"),
    "as_png": ("core.images.encode:as_png", "core.images:as_png"),
    "fit": ("core.images.preprocessing:fit", "core.images:fit"),
    "Preprocessing": ("core.images.preprocessing:Preprocessing", "core.recipe:Preprocessing"),
    "augment": ("core.augmentation.transform:augment", "core.augmentation:augment"),
    "AUGMENTATIONS": ("core.augmentation.ranges:AUGMENTATIONS", "core.recipe:AUGMENTATIONS"),
    "simulate": ("core.data.phantom.simulate:simulate", "core.phantom:simulate"),
    "read_folder": ("core.data.reader:read_folder", "pathlib:Path"),
    "build_index": ("core.data.index:build_index", "core.dataset:index"),
    "fingerprint": (
        "core.data.duplicates.fingerprint:fingerprint",
        "core.data.near_duplicates:fingerprint",
        "core.duplicates:fingerprint",
    ),
    "near_duplicate_groups": (
        "core.data.duplicates.search:near_duplicate_groups",
        "core.data.near_duplicates:near_duplicate_groups",
        "core.duplicates:near_copy_groups",
    ),
    "find_near_duplicates": (
        "core.data.duplicates.search:find_near_duplicates",
        "core.data.near_duplicates:find_near_duplicates",
        "core.duplicates:near_copies_of",
    ),
    "split": ("core.data.splits:split", "core.protocol:split"),
    "evaluate": ("core.evaluation.metrics:evaluate", "core.evaluation:evaluate"),
    "measure_positive": ("core.evaluation.positive_class:measure", "core.positive:measure"),
    "tradeoff": ("core.evaluation.ranking:tradeoff", "core.thresholds:tradeoff"),
    "open_bundle": ("core.bundle.folder:open_bundle", "core.bundle:open_bundle"),
    "Classifier": ("core.inference.classifier:Classifier", "core.classifier:Classifier"),
    "predict_augmented": (
        "core.inference.augmented:predict_augmented",
        "core.draws:answered_draws",
    ),
    "occlusion_map": ("core.inference.occlusion:occlusion_map", "core.occlusion:occlusion_map"),
}
SECONDS, FEWEST = 0.2, 3  # each function runs at least so long, and so often
IMAGES, FINGERPRINTS, PREDICTIONS = 24, 600, 300
CLASSES = ("benign", "malignant", "normal")


def find(name: str) -> Any:
    """Return the object of a name of ``NAMES``.

    Raises:
        LookupError: the checkout has it under none of its paths.
    """
    for path in NAMES[name]:
        module, attribute = path.split(":")
        try:
            found = getattr(importlib.import_module(module), attribute, None)
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith("core"):
                raise
        else:
            if found is not None:
                return found
    raise LookupError(f"none of {', '.join(NAMES[name])} exists")


def calls(folder: Path, bundle: Path) -> dict[str, Prepare]:
    """Return by row name what prepares a call; the call alone is measured.

    Args:
        folder: folder of images, a folder for each class.
        bundle: folder of a bundle.
    """
    return _of_images(folder) | _of_data(folder, bundle) | _of_metrics() | _of_bundles(bundle)


def _noise() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (400, 500, 3), dtype=np.uint8) for _ in range(IMAGES)]


def _call(name: str, *arguments: Any, **options: Any) -> Prepare:
    def prepare() -> Call:
        function = find(name)
        return lambda: function(*arguments, **options)

    return prepare


def _each(name: str, things: list[Any], *rest: Any) -> Prepare:
    def prepare() -> Call:
        function = find(name)
        return lambda: [function(thing, *rest) for thing in things]

    return prepare


def _of_images(folder: Path) -> dict[str, Prepare]:
    files = [path for path in sorted(folder.glob("*/*.png")) if "_mask" not in path.name]
    pngs = [path.read_bytes() for path in files[:: len(files) // IMAGES][:IMAGES]]
    images = _noise()

    def fitted() -> Call:
        preprocessing = find("Preprocessing")(image_size=224, interpolation="bilinear")
        return _each("fit", images, preprocessing)()

    def augmented() -> Call:
        rng = np.random.default_rng(0)
        return _each(
            "augment", [image[:150, :150] for image in images], find("AUGMENTATIONS")["paper"], rng
        )()

    def simulated() -> Call:
        function = find("simulate")
        return lambda: function("malignant", np.random.default_rng(0))

    return {
        f"decode {IMAGES} PNG images": _each("decode", pngs, "x"),
        f"encode {IMAGES} images as PNG": _each("as_png", images),
        f"fit {IMAGES} images to the input size": fitted,
        f"augment {IMAGES} images": augmented,
        "simulate one image": simulated,
    }


def _indexed(folder: Path) -> Call:
    """Return a call that indexes a folder; a checkout may take the folder itself and return the table."""
    read, build = find("read_folder"), find("build_index")
    return lambda: getattr(built := build(read(folder)), "table", built)


def _of_data(folder: Path, bundle: Path) -> dict[str, Prepare]:
    stored = pd.read_csv(bundle / "split.csv", keep_default_na=False)["fingerprint"]
    fingerprints = [text for text in stored if text][:FINGERPRINTS]
    some = fingerprints[::4]

    def split() -> Call:
        index = _indexed(folder)()
        return _call("split", index, np.arange(len(index)), "clean", seed=0)()

    return {
        "index of 200 images": lambda: _indexed(folder),
        f"near-duplicate fingerprints of {IMAGES} images": _each("fingerprint", _noise()),
        f"near-duplicate groups of {len(fingerprints)} images": _call("near_duplicate_groups", fingerprints),
        f"near-duplicates of {len(some)} images among {len(fingerprints)}": _call(
            "find_near_duplicates", some, fingerprints
        ),
        "clean split of 200 images": split,
    }


def _of_metrics() -> dict[str, Prepare]:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, len(CLASSES), PREDICTIONS)
    probabilities = rng.dirichlet([1, 1, 1], PREDICTIONS) + np.eye(3)[truth]
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    groups = rng.integers(0, PREDICTIONS // 2, PREDICTIONS)
    options: dict[str, Any] = {"class_names": CLASSES, "positive_class": "malignant", "seed": 0}
    return {
        f"metrics of {PREDICTIONS} predictions": _call(
            "evaluate", truth, probabilities, groups, threshold=0.3, **options
        ),
        f"positive-class metrics of {PREDICTIONS} predictions": _call(
            "measure_positive", truth, probabilities, groups, **options
        ),
        f"every threshold of {PREDICTIONS} predictions": _call(
            "tradeoff", truth == 1, probabilities[:, 1], groups
        ),
    }


def _of_bundles(bundle: Path) -> dict[str, Prepare]:
    images = _noise()

    def batch(count: int) -> Prepare:
        def prepare() -> Call:
            classifier = find("Classifier").from_bundle(bundle)
            return lambda: classifier.classify_batch(images[:count])

        return prepare

    def augmented() -> Call:
        classifier = find("Classifier").from_bundle(bundle)
        return _call("predict_augmented", classifier, images[0], find("AUGMENTATIONS")["strong"], seed=0)()

    def occluded() -> Call:
        return _call("occlusion_map", find("Classifier").from_bundle(bundle), images[0], lambda *_: None)()

    return {
        "open and verify a bundle": _call("open_bundle", bundle),
        "classify one image": batch(1),
        "classify a batch of 16 images": batch(16),
        "classify 16 augmentations of an image": augmented,
        "occlusion map of an image": occluded,
    }


def main(folder: Path, bundle: Path) -> dict[str, float | None]:
    """Return milliseconds by row name, the fastest of many calls; None where a function is missing."""
    rows: dict[str, float | None] = {}
    for name, prepare in calls(folder, bundle).items():
        try:
            call = prepare()
        except LookupError:
            rows[f"{name}, ms"] = None
        else:
            rows[f"{name}, ms"] = 1000 * _fastest(call)
    return rows


def _fastest(call: Call) -> float:
    call()
    costs: list[float] = []
    while len(costs) < FEWEST or sum(costs) < SECONDS:
        start = time.perf_counter()
        call()
        costs.append(time.perf_counter() - start)
    return min(costs)


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))  # noqa: T201
