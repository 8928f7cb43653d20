"""One recipe under the three protocols, side by side, with the same seeds."""

from __future__ import annotations

import hashlib
import platform
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.bundle.folder import open_bundle
from core.bundle.manifest import TEST_SET
from core.data.provenance import PROTOCOLS, Protocol
from core.errors import UserError
from core.evaluation.predictions import class_indices, probability_matrix
from core.evaluation.protocol_comparison import KINDS, Measured, kinds_of_test_files, measure, report
from core.experiments.frozen_features import frozen_features
from core.experiments.request import prepare, work_folder
from core.experiments.train import train_bundle
from core.files import write_report

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.experiments.request import Prepared, Request
    from core.progress import Progress, Say

# Fixed beforehand and the same under every protocol, so that no test set decides it.
PENALTY = 0.01
LINEAR_HEAD = f"logistic regression (multinomial, C = {PENALTY}) on standardised frozen features"
# All of a recipe that the features depend on; nothing else of it is reported with a linear head.
_OF_FEATURES = {"backbone", "weights", "preprocessing", "input_scaling"}
_LIBRARIES = ("keras", "numpy", "opencv-python-headless", "pillow", "scikit-learn")

# Protocol, seed and split table → probabilities of its test set, float [M, C].
Predict = Callable[[Protocol, int, pd.DataFrame], "NDArray[np.float64]"]


def compare(request: Request, *, repeats: int, whole: bool, progress: Progress, say: Say) -> dict[str, Any]:
    """Measure one recipe under each protocol.

    The fast way trains a linear head on the frozen features of the recipe's base, and reports that part of
    the recipe alone. The whole way trains the recipe's network and leaves the bundles in
    ``bundles_folder(request.output)``.

    Args:
        request: its output is a JSON file; the work is done in the folder with ``.partial`` added.
        repeats: splits of each protocol, with the seeds ``seed``, ``seed`` + 1, …
        whole: train the whole network.
        progress: told of every step.
        say: told what the user should read before the work goes on.

    Returns:
        The content of the JSON file.

    Raises:
        UserError: something the user can put right; what was finished before stays for ``resume``.
    """
    work = work_folder(request)
    if whole and (bundles := bundles_folder(request.output)).exists():
        raise UserError(f"{bundles} exists already; choose another --output, or remove it first.")
    prepared = prepare(request, progress)
    seeds = range(request.seed, request.seed + repeats)
    # All at once: what cannot be split is told before hours of training.
    splits = {(name, seed): prepared.split(name, seed=seed) for seed in seeds for name in PROTOCOLS}
    say(prepared.summary())
    predict = (_whole if whole else _fast)(prepared, work, progress, say)
    measured: dict[Protocol, list[Measured]] = {name: [] for name in PROTOCOLS}
    kinds: dict[str, list[Measured]] = {name: [] for name in KINDS}
    in_part = partial(measure, class_names=prepared.class_names, positive_class=prepared.positive_class)
    for done, ((name, seed), split) in enumerate(splits.items(), start=1):
        chances = predict(name, seed, split)
        measured[name].append(in_part(split, chances, np.ones(len(chances), bool), seed=seed))
        if name == "paper":
            for kind, rows in kinds_of_test_files(split).items():
                kinds[kind].append(in_part(split, chances, rows, seed=seed))
        progress("Measuring each protocol's splits", done, len(splits))
    content = _about(prepared, repeats, whole=whole) | report(measured, kinds)
    if whole:
        work.rename(bundles)
    request.output.parent.mkdir(parents=True, exist_ok=True)
    write_report(request.output, content)
    shutil.rmtree(work, ignore_errors=True)
    return content


def bundles_folder(output: Path) -> Path:
    """Return the folder beside the JSON file in which the whole way leaves its bundles."""
    return output.with_name(f"{output.stem}-bundles")


def linear_head(
    features: NDArray[np.float32], labels: NDArray[np.int64], others: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Fit the linear head on features [N, K], and return its probabilities for others, float64 [M, C].

    Mean and scale come from the N alone.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    head = make_pipeline(StandardScaler(), LogisticRegression(C=PENALTY, max_iter=2_000))
    # On a busy machine, threads that wait for each other make matrices this small ten times slower.
    with threadpool_limits(1):
        head.fit(features.astype(np.float64), labels)
        return head.predict_proba(others.astype(np.float64))


def _fast(prepared: Prepared, work: Path, progress: Progress, say: Say) -> Predict:
    recipe = prepared.spec("features", "clean", seed=prepared.request.seed).recipe
    say(
        f"A linear head on frozen features: of the recipe only the backbone ({recipe.backbone}), its weights "
        "and how images are prepared for it count; --whole trains by all of it."
    )
    decisive = recipe.model_dump_json(include=_OF_FEATURES)
    # Weights may be random, as the seed has them.
    parts = [decisive, str(prepared.request.seed), *prepared.index["sha256"]]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    features = frozen_features(prepared, work / f"features-{key[:12]}.npy", progress, say)
    labels = class_indices(prepared.index["class"], prepared.class_names)

    def predict(_: Protocol, __: int, split: pd.DataFrame) -> NDArray[np.float64]:
        train, test = ((split["part"] == part).to_numpy() for part in ("train", "test"))
        return linear_head(features[train], labels[train], features[test])

    return predict


def _whole(prepared: Prepared, work: Path, progress: Progress, say: Say) -> Predict:
    def predict(name: Protocol, seed: int, split: pd.DataFrame) -> NDArray[np.float64]:
        say(f"Protocol {name}, seed {seed}.")
        folder = work / f"{name}-seed-{seed}"
        spec = prepared.spec(f"{prepared.request.output.stem}-{folder.name}", name, seed=seed)
        train_bundle(prepared, spec, split, folder, progress, say)
        return probability_matrix(open_bundle(folder).table(TEST_SET), prepared.class_names)

    return predict


def _about(prepared: Prepared, repeats: int, *, whole: bool) -> dict[str, Any]:
    kinds = prepared.index["kind"].value_counts()
    spec = prepared.spec("comparison", "clean", seed=prepared.request.seed)
    return {
        "mode": "whole network" if whole else LINEAR_HEAD,
        "data": spec.data.model_dump(mode="json"),
        "images": int(kinds["image"]),
        "masks": int(kinds.get("mask", 0)),
        "grouping": spec.grouping,
        "recipe": spec.recipe.model_dump(mode="json", include=None if whole else _OF_FEATURES),
        "class_names": list(spec.class_names),
        "positive_class": spec.positive_class,
        "seed": spec.seed,
        "repeats": repeats,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": spec.command,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES},
    }
