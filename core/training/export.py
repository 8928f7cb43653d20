"""Export a trained network as a bundle: ONNX graph, thresholds, test predictions and model card."""

from __future__ import annotations

import platform
import shutil
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import tensorflow as tf

from core.bundle import card, known_images
from core.bundle.embeddings import in_float16
from core.bundle.folder import open_bundle, write_manifest
from core.bundle.history import thinned
from core.bundle.manifest import (
    ANCESTORS,
    CARD,
    EMBEDDED,
    EMBEDDINGS,
    HISTORY,
    MODEL,
    SPLIT,
    STATISTICS,
    TEST_IMAGES,
    TEST_SET,
    VALIDATION,
    WEIGHTS,
)
from core.bundle.stored_subsets import storable
from core.bundle.table_files import MAX_ROWS
from core.bundle.tables import image_table
from core.csv_table import to_csv
from core.data.lesion_area import lesion_areas
from core.data.provenance import KNOWN_COLUMNS, LESION_AREA
from core.data.splits import SETS, masks_of
from core.evaluation.held_out import check
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import probability_columns
from core.evaluation.subsets import columns_of, measure_subsets
from core.images.statistics import statistics
from core.inference.domain_scores import Features
from core.inference.onnx_graph import BATCH, Graph, Outputs
from core.progress import one_step
from core.recipe import kept_epoch
from core.training.image_cache import fit_images
from core.training.network import build, load_weights
from core.training.onnx import check_parity, predict_logits, write_onnx
from core.training.thresholds import choose_temperature, choose_thresholds, flagged_at_home
from core.training.weights_file import save_weights

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.bundle.manifest import Manifest, TrainingSpec
    from core.data.data_set import ImageFolders
    from core.progress import Progress
    from core.training.workspace import Workspace
_PARITY_IMAGES = 64
_LIBRARIES = ("keras", "onnxruntime", "onnx", "tf2onnx", "numpy", "opencv-python-headless", "pillow")


def export(
    workspace: Workspace,
    spec: TrainingSpec,
    split: pd.DataFrame,
    folders: ImageFolders,
    destination: Path,
    progress: Progress,
) -> Manifest:
    """Write the bundle of a finished training and remove its workspace.

    The bundle comes from a float32 rebuild of the kept epoch's network, and all its probabilities except
    those by epoch from ``model.onnx``.

    Args:
        workspace: workspace with all epochs finished.
        spec: spec of the training.
        split: split table of the training.
        folders: folders of the data.
        destination: new folder of the bundle; it appears by one rename when the bundle is complete.
        progress: function that reports the steps.

    Returns:
        The bundle's manifest.

    Raises:
        UserError: the history is not that of one training, or the embeddings cannot tell one image from
            another.
        ExportError: ONNX Runtime and Keras differ by more than 1e-4 on a test image.
    """
    workspace.check_complete(spec)
    recipe = spec.recipe
    network = build(recipe, len(spec.class_names))
    best = kept_epoch(workspace.history(), recipe.keep)
    load_weights(network, workspace.best_weights(best))
    subsets = {name: split[split["set"] == name] for name in SETS}
    images = {
        name: fit_images(
            folders,
            list(rows["file"]),
            recipe.preprocessing,
            workspace.images(list(rows["sha256"]), recipe.preprocessing),
            progress,
        )
        for name, rows in subsets.items()
    }
    truth = {name: spec.labels(rows) for name, rows in subsets.items()}
    folder = workspace.folder / "bundle"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()

    with one_step(progress, "Converting the network to ONNX (a minute for a large one)"):
        logits = predict_logits(network, images["validation"])
        temperature = choose_temperature(spec, truth["validation"], logits)
        write_onnx(network, temperature, folder / MODEL)
        graph = Graph(folder / MODEL)
        check_parity(network, temperature, graph, images["test"][:_PARITY_IMAGES])

    embedded = {name: known_images.drawn(len(images[name]), spec.seed) for name in ("train", "test")}
    classified = images | {"train": images["train"][embedded["train"]]}
    outputs = {name: _run(graph, classified[name], name, progress) for name in SETS}
    of_training, scale = in_float16(outputs["train"].embedding)
    of_test = (outputs["test"].embedding[embedded["test"]] / scale).astype(np.float16)
    embeddings = np.concatenate([of_training, of_test])
    np.save(folder / EMBEDDINGS, embeddings)
    rows = pd.concat([subsets[name].iloc[chosen] for name, chosen in embedded.items()])
    rows = rows[["sha256", "set", "class"]]
    (folder / EMBEDDED).write_text(to_csv(rows), encoding="utf-8", newline="\n")
    features = {
        name: Features(outputs[name].embedding, np.stack([statistics(image) for image in classified[name]]))
        for name in SETS
    }
    training = features["train"]._replace(embedding=of_training)
    np.save(folder / STATISTICS, training.statistics)
    decision = choose_thresholds(
        workspace,
        spec,
        subsets["validation"],
        logits,
        temperature,
        outputs["validation"].probabilities,
        features["validation"],
        training,
        scale,
    )
    test_set = _test_set(spec, split, folders, outputs["test"].probabilities)
    _write_tables(workspace, spec, split, folder, test_set, images["test"])
    save_weights(network.model, folder / WEIGHTS)
    predictions = truth["test"], outputs["test"].probabilities, subsets["test"]["group"]
    options: dict[str, Any] = {
        "class_names": spec.class_names,
        "positive_class": spec.positive_class,
        "threshold": decision.operating_threshold,
        "seed": spec.seed,
    }
    manifest = write_manifest(
        folder,
        **dict(spec),
        counts={name: rows["class"].value_counts().sort_index().to_dict() for name, rows in subsets.items()},
        best_epoch=best,
        parameters=network.model.count_params(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={"python": platform.python_version(), "tensorflow": tf.__version__}
        | {name: version(name) for name in _LIBRARIES},
        metrics=evaluate(*predictions, **options),
        subsets=storable(measure_subsets(*predictions, columns_of(test_set), **options)),
        decision=decision,
        at_home=check(
            *predictions,
            decision.conformal_thresholds_of(spec.class_names),
            spec.class_names,
            seed=spec.seed,
        ),
        flagged_at_home=flagged_at_home(decision, features["test"], training, subsets["test"]["group"]),
        neighbours=known_images.find(rows, embeddings, split).agreement(),
    )
    (folder / CARD).write_text(card.render(manifest), encoding="utf-8", newline="\n")
    open_bundle(folder)
    destination.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(destination)
    shutil.rmtree(workspace.folder)
    return manifest


def _run(graph: Graph, images: NDArray[np.uint8], name: str, progress: Progress) -> Outputs:
    batches = []
    for start in range(0, len(images), BATCH):
        batches.append(graph.run(images[start : start + BATCH]))
        done = min(start + BATCH, len(images))
        progress(f"Classifying {name} images with ONNX Runtime", done, len(images))
    return Outputs(*(np.concatenate(arrays) for arrays in zip(*batches, strict=True)))


def _test_set(
    spec: TrainingSpec, split: pd.DataFrame, folders: ImageFolders, probabilities: NDArray[np.float32]
) -> pd.DataFrame:
    test = split[split["set"] == "test"]
    kept = ["file", "source", "sha256", "group", *(name for name in KNOWN_COLUMNS if name in test)]
    table = test[kept].assign(true_class=test["class"]).reset_index(drop=True)
    if masks := masks_of(split, "test"):
        table[LESION_AREA] = lesion_areas(list(test["file"]), masks, folders)
    columns = pd.DataFrame(probabilities, columns=probability_columns(spec.class_names))
    return pd.concat([table, columns], axis=1)


def _write_tables(
    workspace: Workspace,
    spec: TrainingSpec,
    split: pd.DataFrame,
    folder: Path,
    test_set: pd.DataFrame,
    images: NDArray[np.uint8],
) -> None:
    test_set.to_parquet(folder / TEST_SET, index=False)
    unique = ~test_set["sha256"].duplicated()
    stored = image_table(test_set.loc[unique, "sha256"], images[unique.to_numpy()])
    stored.to_parquet(folder / TEST_IMAGES, index=False)
    (folder / HISTORY).write_text(to_csv(workspace.history()), encoding="utf-8", newline="\n")
    best = kept_epoch(workspace.history(), spec.recipe.keep)
    # A bundle's table has a limit, which thousands of images in hundreds of epochs exceed.
    validation = thinned(workspace.validation_by_epoch(), best, MAX_ROWS)
    validation.to_parquet(folder / VALIDATION, index=False)
    (folder / SPLIT).write_text(to_csv(split), encoding="utf-8", newline="\n")
    if spec.ancestry.images:
        shutil.copyfile(workspace.folder / ANCESTORS, folder / ANCESTORS)
