"""Evaluate one recipe under the three protocols, with the same seeds."""

from __future__ import annotations

import hashlib
import platform
import shutil
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from core.bundle.folder import open_bundle
from core.bundle.manifest import TEST_SET
from core.data.provenance import PROTOCOLS, Protocol
from core.errors import UserError
from core.evaluation.predictions import class_indices, probability_matrix
from core.evaluation.protocol_comparison import (
    KINDS,
    ComparisonSetup,
    FeatureRecipe,
    ProtocolComparison,
    SplitResult,
    kinds_of_test_files,
    measure,
    summarise_comparison,
)
from core.experiments.frozen_features import pooled_features
from core.experiments.request import prepare
from core.experiments.tasks import Task, run_here
from core.experiments.train import train_bundle
from core.files import write_report
from core.work_folder import work_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from core.bundle.manifest import TrainingSpec
    from core.experiments.request import Prepared, Request
    from core.experiments.tasks import Runner
    from core.progress import Progress, Say

# Fixed in advance, and the same under every protocol, so that no test set decides it.
PENALTY = 0.01
SEEDS = 2**32  # number of seeds that NumPy and Keras accept
LINEAR_HEAD = f"logistic regression (multinomial, C = {PENALTY}) on standardised frozen features"
_LIBRARIES = ("keras", "numpy", "opencv-python-headless", "pillow", "scikit-learn")


def compare(
    request: Request,
    *,
    repeats: int,
    whole: bool,
    progress: Progress,
    say: Say,
    run: Runner = run_here,
) -> ProtocolComparison:
    """Evaluate one recipe under each protocol.

    Without ``whole``, a linear head is trained on the frozen features of the recipe's base, and only the
    fields of the recipe that these features depend on are reported. With it, the recipe's network is
    trained, and its bundles are kept in ``bundles_folder(request.output)``.

    Args:
        request: data and recipe; its output is a JSON file, and unfinished work is in the folder with
            ``.partial`` added.
        repeats: number of splits of each protocol, with the seeds ``seed``, ``seed`` + 1, …
        whole: whether to train the whole network.
        progress: function that reports each step.
        say: function that shows the user a message.
        run: function that runs the trainings of whole networks; by default here, one after the other.

    Raises:
        UserError: a problem that the user can solve; finished work is kept for ``resume``.
    """
    if request.seed + repeats > SEEDS:
        raise UserError(
            f"{repeats} splits need as many seeds from --seed on; give a --seed of at most {SEEDS - repeats}."
        )
    with work_folder(request.output, say, resume=request.resume) as work:
        return _compare(request, work, repeats=repeats, whole=whole, progress=progress, say=say, run=run)


def _compare(
    request: Request, work: Path, *, repeats: int, whole: bool, progress: Progress, say: Say, run: Runner
) -> ProtocolComparison:
    if len(request.data.names) > 1:
        raise UserError("compare runs the protocol paper, which is that of one data set; give one.")
    if whole and (bundles := bundles_folder(request.output)).exists():
        raise UserError(f"{bundles} exists already; choose another --output, or remove it first.")
    prepared = prepare(request, progress)
    seeds = range(request.seed, request.seed + repeats)
    # All at once: what cannot be split is refused before hours of training.
    splits = {(name, seed): prepared.split(name, seed=seed) for seed in seeds for name in PROTOCOLS}
    prepared.weights.check_unseen(
        prepared.index, (split for (name, _), split in splits.items() if name == "clean")
    )
    say(prepared.summary())
    if whole:
        predictions = run(prepared, _trainings(prepared, splits, work), progress, say)
    else:
        predictions = _linear_head(prepared, splits.values(), work, progress, say)
    measured: dict[Protocol, list[SplitResult]] = {name: [] for name in PROTOCOLS}
    kinds: dict[str, list[SplitResult]] = {name: [] for name in KINDS}
    evaluate = partial(measure, class_names=prepared.class_names, positive_class=prepared.positive_class)
    predicted = zip(splits.items(), predictions, strict=True)
    for done, (((name, seed), split), probabilities) in enumerate(predicted, start=1):
        measured[name].append(evaluate(split, probabilities, np.ones(len(probabilities), bool), seed=seed))
        if name == "paper":
            for kind, rows in kinds_of_test_files(split).items():
                kinds[kind].append(evaluate(split, probabilities, rows, seed=seed))
        progress("Evaluating the splits of each protocol", done, len(splits))
    comparison = summarise_comparison(_setup(prepared, repeats, whole=whole), measured, kinds)
    if whole:
        work.rename(bundles)
    write_report(request.output, comparison)
    shutil.rmtree(work, ignore_errors=True)
    return comparison


def bundles_folder(output: Path) -> Path:
    """Return the folder beside the JSON file for the bundles of whole networks."""
    return output.with_name(f"{output.stem}-bundles")


def linear_head(
    features: NDArray[np.float32], labels: NDArray[np.int64], others: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Fit the linear head, and return its probabilities for other images, float64 [M, C].

    Args:
        features: features of the training images, float32 [N, K]; mean and scale come from these alone.
        labels: classes of the training images, int64 [N].
        others: features of the other images, float32 [M, K].
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


def _linear_head(
    prepared: Prepared, splits: Iterable[pd.DataFrame], work: Path, progress: Progress, say: Say
) -> Iterator[NDArray[np.float64]]:
    spec = prepared.spec("features", "clean", seed=prepared.request.seed)
    recipe = FeatureRecipe.model_validate(spec.recipe, from_attributes=True)
    say(
        f"A linear head on frozen features uses only the recipe's backbone ({recipe.backbone}), weights and "
        "preprocessing; add --whole to train with the whole recipe."
    )
    # Random weights depend on the seed.
    keys = [
        recipe.model_dump_json(),
        prepared.weights.digest(),
        str(prepared.request.seed),
        *prepared.index["sha256"],
    ]
    key = hashlib.sha256("\n".join(keys).encode()).hexdigest()
    features = pooled_features(prepared, work / f"features-{key[:12]}.npy", progress, say)
    labels = class_indices(prepared.index["class"], prepared.class_names)

    for split in splits:
        train, test = ((split["set"] == name).to_numpy() for name in ("train", "test"))
        yield linear_head(features[train], labels[train], features[test])


def _trainings(
    prepared: Prepared, splits: Mapping[tuple[Protocol, int], pd.DataFrame], work: Path
) -> list[Task[NDArray[np.float64]]]:
    tasks = []
    for (name, seed), split in splits.items():
        folder = work / f"{name}-seed-{seed}"
        spec = prepared.spec(f"{prepared.request.output.stem}-{folder.name}", name, seed=seed)
        tasks.append(Task(f"Protocol {name}, seed {seed}", folder, partial(_whole_network, spec, split)))
    return tasks


def _whole_network(
    spec: TrainingSpec, split: pd.DataFrame, prepared: Prepared, folder: Path, progress: Progress, say: Say
) -> NDArray[np.float64]:
    """Train a network, and return its probabilities of the test set, float64 [M, C]."""
    train_bundle(prepared, spec, split, folder, progress, say)
    return probability_matrix(open_bundle(folder).table(TEST_SET), prepared.class_names)


def _setup(prepared: Prepared, repeats: int, *, whole: bool) -> ComparisonSetup:
    kinds = prepared.index["kind"].value_counts()
    spec = prepared.spec("comparison", "clean", seed=prepared.request.seed)
    return ComparisonSetup.of(
        spec,
        mode="whole network" if whole else LINEAR_HEAD,
        images=int(kinds["image"]),
        masks=int(kinds.get("mask", 0)),
        recipe=spec.recipe if whole else FeatureRecipe.model_validate(spec.recipe, from_attributes=True),
        repeats=repeats,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=spec.command,
        versions={"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES},
    )
