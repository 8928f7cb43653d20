"""A trained network becomes a bundle: ONNX graph, decisions, test results, card."""

from __future__ import annotations

import gc
import logging
import os
import platform
import shutil
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import tensorflow as tf
import tf2onnx
from scipy.special import softmax

from core.bundle import card
from core.bundle.folder import MAX_EMBEDDINGS, open_bundle, seal
from core.bundle.manifest import (
    CARD,
    EMBEDDINGS,
    HISTORY,
    MODEL,
    SPLIT,
    TEST_IMAGES,
    TEST_SET,
    VALIDATION,
    WEIGHTS,
)
from core.bundle.tables import picture_table
from core.data.splits import PARTS
from core.errors import UserError
from core.evaluation import calibration
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import probability_columns
from core.inference.classifier import cosine_distance
from core.inference.onnx_graph import BATCH, Graph, Outputs
from core.network import Network, build, load_weights
from core.pipeline import fit_pictures
from core.recipe import kept_epoch

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.bundle.manifest import Job
    from core.progress import Progress
    from core.workspace import Workspace

PARITY = 1e-4
_OPSET = 17
_PARITY_PICTURES = 64
_KERAS_BATCH = 16
_LIBRARIES = ("keras", "onnxruntime", "onnx", "tf2onnx", "numpy", "opencv-python-headless", "pillow")


class ExportError(UserError):
    """The exported network does not say what the trained one says."""


def export(workspace: Workspace, pictures_folder: Path, destination: Path, progress: Progress) -> None:
    """Write the bundle of a finished training and remove its workspace.

    All that is stored comes from a float32 rebuild of the kept epoch's network, and every probability but
    those by epoch from ``model.onnx``.

    Args:
        workspace: all epochs are finished.
        pictures_folder: the data folder.
        destination: does not exist; it appears by one rename when the bundle is complete.
        progress: told of every step.

    Raises:
        ExportError: ONNX Runtime and Keras differ by more than 1e-4 on a test picture.
    """
    job, split = workspace.job(), workspace.split()
    recipe = job.recipe.overridden(precision="float32")
    network = build(recipe, len(job.class_names))
    best = kept_epoch(workspace.history(), recipe.keep)
    load_weights(network, workspace.best_weights(best))
    parts = {name: split[split["part"] == name] for name in PARTS}
    pictures = {
        name: fit_pictures(
            pictures_folder, list(part["file"]), recipe.preprocessing, workspace.pictures(name), progress
        )
        for name, part in parts.items()
    }
    truth = {name: job.labels(part) for name, part in parts.items()}
    folder = workspace.folder / "bundle"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()

    progress("Converting the network to ONNX (a minute for a large one)", 0, 1)
    logits = _predict(network, pictures["validation"])
    temperature = calibration.fit_temperature(truth["validation"], logits)
    write_onnx(network, temperature, folder / MODEL)
    graph = Graph(folder / MODEL)
    check_parity(network, temperature, graph, pictures["test"][:_PARITY_PICTURES])
    progress("Converting the network to ONNX (a minute for a large one)", 1, 1)

    rows = np.random.default_rng(job.seed).permutation(len(pictures["train"]))[:MAX_EMBEDDINGS]
    chosen = pictures | {"train": pictures["train"][np.sort(rows)]}
    outputs = {name: _run(graph, chosen[name], name, progress) for name in PARTS}
    embeddings = outputs["train"].embedding.astype(np.float16)
    np.save(folder / EMBEDDINGS, embeddings)
    decision = _decision(job, truth["validation"], outputs["validation"], embeddings, temperature)
    _write_tables(workspace, folder, parts["test"], pictures["test"], outputs["test"].probabilities)
    network.model.save_weights(folder / WEIGHTS)
    manifest = seal(
        folder,
        name=job.name,
        class_names=job.class_names,
        positive_class=job.positive_class,
        protocol=job.protocol,
        given_split=job.given_split,
        grouping=job.grouping,
        recipe=job.recipe,
        data=job.data,
        counts={name: part["class"].value_counts().sort_index().to_dict() for name, part in parts.items()},
        best_epoch=best,
        soft_labels=job.soft_labels,
        parameters=network.model.count_params(),
        seed=job.seed,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=job.command,
        versions={"python": platform.python_version(), "tensorflow": tf.__version__}
        | {name: version(name) for name in _LIBRARIES},
        metrics=evaluate(
            truth["test"],
            outputs["test"].probabilities,
            parts["test"]["group"],
            class_names=job.class_names,
            positive_class=job.positive_class,
            threshold=decision["operating_threshold"],
            seed=job.seed,
        ),
        decision=decision,
    )
    (folder / CARD).write_text(card.render(manifest), encoding="utf-8")
    open_bundle(folder)
    destination.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(destination)
    shutil.rmtree(workspace.folder)


def write_onnx(network: Network, temperature: float, path: Path) -> None:
    """Write the graph: input ``image``, outputs ``probabilities``, ``saliency`` and ``embedding``.

    Args:
        network: built in float32.
        temperature: the logits are divided by it.
        path: of the ONNX file.
    """
    size = network.model.input_shape[1]
    signature = [tf.TensorSpec((None, size, size, 3), tf.float32, name="image")]
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    # Otherwise tf2onnx copies the graph before each of its passes: 9 GB for Xception.
    os.environ["TF2ONNX_CATCH_ERRORS"] = "FALSE"
    graph = tf.function(lambda image: explained(network, image, temperature), input_signature=signature)
    model, _ = tf2onnx.convert.from_function(graph, input_signature=signature, opset=_OPSET)
    gc.collect()  # the passes leave gigabytes of graphs in reference cycles
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    path.write_bytes(model.SerializeToString())


def explained(network: Network, image: tf.Tensor, temperature: float) -> dict[str, tf.Tensor]:
    """Compute the three outputs from ordinary operations, using each kernel once.

    The saliency of class c at position p is HiResCAM (Draelos and Carin 2020),
    ReLU(Σ_k ∂logit_c/∂A_pk · A_pk) over the last feature map A. Both heads are piecewise linear, so that sum
    is what position p adds to logit c, the ReLU units' on-off pattern given. With T_pj = Σ_k A_pk W_pkj, the
    part of position p in hidden unit j, the unit is on where Σ_p T_pj + b_j > 0, and the saliency is
    ReLU(Σ_j T_pj · on_j · V_jc): no transposed kernel and no gradient of ReLU are needed. Where the recipe
    averages over the mirror image, the picture and its mirror image go through as one batch, and logits,
    sums at a position and embedding are their means.

    Args:
        network: built in float32.
        image: float32 [N, S, S, 3], 0–255.
        temperature: the logits are divided by it for the probabilities; the saliency is that of the logits.

    Returns:
        ``probabilities`` [N, C], ``saliency`` [N, C, h, w], ``embedding`` [N, K].
    """
    flips = network.answering is not network.model
    feature_map = network.features(tf.concat([image, image[:, :, ::-1]], axis=0) if flips else image)
    _, height, width, depth = feature_map.shape
    positions = tf.reshape(feature_map, (-1, height * width, depth))
    last = network.head.get_layer("logits")
    hidden = next((layer for layer in network.head.layers if layer.name == "hidden"), None)
    if hidden is None:
        parts = positions / (height * width)
        embedded = tf.reduce_sum(parts, axis=1)
        contributions = tf.matmul(parts, last.kernel)
    else:
        kernel = tf.reshape(hidden.kernel, (height * width, depth, -1))
        parts = tf.transpose(tf.matmul(tf.transpose(positions, (1, 0, 2)), kernel), (1, 0, 2))
        sums = tf.reduce_sum(parts, axis=1) + hidden.bias
        embedded = tf.nn.relu(sums)
        on = tf.cast(sums > 0, tf.float32)
        contributions = tf.matmul(parts * on[:, None, :], last.kernel)
    logits = tf.matmul(embedded, last.kernel) + last.bias
    contributions = tf.reshape(contributions, (-1, height, width, logits.shape[-1]))
    embedding = tf.reduce_mean(feature_map, axis=(1, 2))
    if flips:
        count = tf.shape(image)[0]
        logits = (logits[:count] + logits[count:]) / 2
        contributions = (contributions[:count] + contributions[count:, :, ::-1]) / 2
        embedding = (embedding[:count] + embedding[count:]) / 2
    return {
        "probabilities": tf.nn.softmax(logits / temperature),
        "saliency": tf.transpose(tf.nn.relu(contributions), (0, 3, 1, 2)),
        "embedding": embedding,
    }


def check_parity(network: Network, temperature: float, graph: Graph, pictures: NDArray[np.uint8]) -> None:
    """Compare ONNX Runtime with Keras on pictures, uint8 [N, S, S, 3].

    Raises:
        ExportError: a probability differs by more than 1e-4.
    """
    expected = softmax(_predict(network, pictures) / temperature, axis=1)
    difference = float(np.abs(graph.run(pictures).probabilities - expected).max())
    if not difference <= PARITY:
        raise ExportError(
            f"the exported network's probabilities differ from Keras's by {difference:.1e} on test pictures "
            f"({PARITY:.0e} is allowed), so there is no bundle; report this with the command."
        )


def _predict(network: Network, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    batches = [
        network.answering.predict_on_batch(np.asarray(pictures[start : start + _KERAS_BATCH], np.float32))
        for start in range(0, len(pictures), _KERAS_BATCH)
    ]
    return np.concatenate(batches).astype(np.float64)


def _run(graph: Graph, pictures: NDArray[np.uint8], part: str, progress: Progress) -> Outputs:
    answers = []
    for start in range(0, len(pictures), BATCH):
        answers.append(graph.run(pictures[start : start + BATCH]))
        done = min(start + BATCH, len(pictures))
        progress(f"Classifying {part} pictures with ONNX Runtime", done, len(pictures))
    return Outputs(*(np.concatenate(arrays) for arrays in zip(*answers, strict=True)))


def _decision(
    job: Job,
    truth: NDArray[np.int64],
    validation: Outputs,
    training_embeddings: NDArray[np.float16],
    temperature: float,
) -> dict[str, Any]:
    threshold, rule = None, "none: there is no positive class"
    if job.positive_class is not None:
        positive = job.class_names.index(job.positive_class)
        threshold = calibration.operating_threshold(truth, validation.probabilities, positive)
        rule = f"largest threshold with a sensitivity for {job.positive_class} of at least 0.95 on validation"
    return {
        "temperature": temperature,
        "operating_threshold": threshold,
        "operating_rule": rule,
        "conformal_threshold": calibration.conformal_threshold(truth, validation.probabilities),
        "distance_threshold": calibration.distance_threshold(
            cosine_distance(validation.embedding, training_embeddings)
        ),
    }


def _write_tables(
    workspace: Workspace,
    folder: Path,
    test: pd.DataFrame,
    pictures: NDArray[np.uint8],
    probabilities: NDArray[np.float32],
) -> None:
    job = workspace.job()
    table = test[["file", "sha256", "group"]].assign(true_class=test["class"]).reset_index(drop=True)
    columns = pd.DataFrame(probabilities, columns=probability_columns(job.class_names))
    pd.concat([table, columns], axis=1).to_parquet(folder / TEST_SET, index=False)
    unique = ~table["sha256"].duplicated()
    images = picture_table(table.loc[unique, "sha256"], pictures[unique.to_numpy()])
    images.to_parquet(folder / TEST_IMAGES, index=False)
    workspace.history().to_csv(folder / HISTORY, index=False)
    workspace.validation_by_epoch().to_parquet(folder / VALIDATION, index=False)
    workspace.split().to_csv(folder / SPLIT, index=False)
