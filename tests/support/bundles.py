"""A whole bundle in a few kilobytes, with a real model, for tests that need one but no training."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from onnx import TensorProto, helper, numpy_helper

from core.bundle import manifest as names
from core.bundle.folder import write_manifest
from core.bundle.tables import image_table
from core.csv_table import to_csv
from core.evaluation.predictions import probability_columns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLASSES = ("benign", "malignant", "normal")
SIDE = 32
# How many images of each class the parts hold.
COUNTS = {"train": 6, "validation": 3, "test": 4}


def make_bundle(
    folder: Path,
    *,
    seed: int = 0,
    weights: bool = True,
    class_names: tuple[str, ...] = CLASSES,
    fill: Callable[[Path], None] | None = None,
    **fields: Any,
) -> names.Manifest:
    """Write a bundle of phantom-like noise into a new folder.

    ``fill`` may change its files before they are sealed; ``fields`` replace those of the manifest.
    """
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    onnx.save(_model(random), folder / names.MODEL)
    split = _split(random, class_names)
    images = random.integers(0, 256, (len(split), SIDE, SIDE, 3)).astype(np.uint8)
    split["sha256"] = [hashlib.sha256(image.tobytes()).hexdigest() for image in images]
    outputs = _run(folder / names.MODEL, images)
    (folder / names.SPLIT).write_text(to_csv(split.drop(columns="number")), encoding="utf-8")
    embedded = split["set"] != "validation"
    np.save(folder / names.EMBEDDINGS, outputs["embedding"][embedded].astype(np.float16))
    split.loc[embedded, ["sha256", "set", "class"]].to_csv(folder / names.EMBEDDED, index=False)

    columns = probability_columns(class_names)
    answers = split.assign(true_class=split["class"])
    answers[columns] = outputs["probabilities"]
    test = answers[answers["set"] == "test"]
    test[["file", "sha256", "group", "true_class", *columns]].to_parquet(folder / names.TEST_SET)
    image_table(test["sha256"], images[test.index]).to_parquet(folder / names.TEST_IMAGES)
    validation = answers.loc[answers["set"] == "validation", ["file", "true_class", *columns]]
    epochs = pd.concat([validation.assign(epoch=epoch) for epoch in (1, 2, 3)])
    epochs.to_parquet(folder / names.VALIDATION)
    _history(random).to_csv(folder / names.HISTORY, index=False)
    if weights:
        (folder / names.WEIGHTS).write_bytes(random.bytes(1000))
    confusion = pd.crosstab(
        pd.Categorical(test["true_class"], class_names),
        pd.Categorical.from_codes(test[columns].to_numpy().argmax(1), class_names),
        dropna=False,
    )
    if fill:
        fill(folder)
    return write_manifest(folder, **_fields(seed, confusion.to_numpy().tolist(), class_names) | fields)


def as_before(folder: Path) -> None:
    """Leave embeddings of training images alone, without a table, as earlier bundles have them."""
    is_training = pd.read_csv(folder / names.EMBEDDED)["set"] == "train"
    np.save(folder / names.EARLIER_EMBEDDINGS, np.load(folder / names.EMBEDDINGS)[is_training])
    (folder / names.EMBEDDINGS).unlink()
    (folder / names.EMBEDDED).unlink()


def _model(random: np.random.Generator) -> onnx.ModelProto:
    """Mean colour, one linear layer, softmax: the inputs and outputs that DESIGN.md names."""
    kernel = random.normal(0, 1, (len(CLASSES), 3, 1, 1)).astype(np.float32)
    flat = np.ascontiguousarray(kernel[:, :, 0, 0].T) / 255
    constants = {"kernel": kernel, "flat": flat, "axes": np.array([1, 2], np.int64)}
    nodes = [
        helper.make_node("ReduceMean", ["image", "axes"], ["embedding"], keepdims=0),
        helper.make_node("MatMul", ["embedding", "flat"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
        helper.make_node("Transpose", ["image"], ["channels_first"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["channels_first"], ["cells"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Conv", ["cells", "kernel"], ["signed"]),
        helper.make_node("Relu", ["signed"], ["saliency"]),
    ]
    shapes = {
        "image": ["N", SIDE, SIDE, 3],
        "probabilities": ["N", len(CLASSES)],
        "saliency": ["N", len(CLASSES), SIDE // 8, SIDE // 8],
        "embedding": ["N", 3],
    }
    values = {n: helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, shape in shapes.items()}
    graph = helper.make_graph(
        nodes,
        "tiny",
        [values.pop("image")],
        list(values.values()),
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def _run(model: Path, images: np.ndarray) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    outputs = [output.name for output in session.get_outputs()]
    return dict(zip(outputs, session.run(outputs, {"image": images.astype(np.float32)}), strict=True))


def _split(random: np.random.Generator, class_names: tuple[str, ...]) -> pd.DataFrame:
    parts = [part for part, count in COUNTS.items() for _ in range(count)]
    rows = [
        {"class": name, "set": part, "number": number}
        for name in class_names
        for number, part in enumerate(parts, start=1)
    ]
    split = pd.DataFrame(rows)
    split["file"] = [f"{row['class']}/{row['class']} ({row['number']}).png" for row in rows]
    split["kind"] = "image"
    split["group"] = range(len(split))
    split["fingerprint"] = [base64.b64encode(random.bytes(1024)).decode() for _ in rows]
    return split


def _history(random: np.random.Generator) -> pd.DataFrame:
    epochs = np.arange(1, 4)
    return pd.DataFrame(
        {
            "epoch": epochs,
            "loss": 1 / epochs,
            "accuracy": 1 - 0.5 / epochs,
            "val_loss": 1.1 / epochs,
            "val_accuracy": 1 - 0.6 / epochs,
            "learning_rate": 0.001,
            "seconds": random.uniform(1, 2, 3),
            "phase": "head",
        }
    )


def _fields(seed: int, confusion: list[list[int]], class_names: tuple[str, ...]) -> dict[str, Any]:
    interval = {"value": 0.75, "low": 0.5, "high": 0.9}
    one_class = dict.fromkeys(("sensitivity", "specificity", "precision", "f1", "auc"), interval)
    recipe = {"name": "tiny", "backbone": "tiny", "epochs": 3, "preprocessing": {"image_size": SIDE}}
    return {
        "name": "tiny-phantom",
        "class_names": class_names,
        "positive_class": class_names[1],
        "protocol": "clean",
        "grouping": "near-duplicates only",
        "recipe": recipe,
        "data": {
            "name": "phantom",
            "simulated": True,
            "patient_ids": False,
            "licence": "MIT",
            "citation": "simulated by core/data/phantom/simulate.py",
        },
        "ancestry": {"models": (), "images": 0, "unknown": ()},
        "precision": "float32",
        "counts": {part: dict.fromkeys(class_names, count) for part, count in COUNTS.items()},
        "best_epoch": 3,
        "parameters": 9,
        "seed": seed,
        "created": "2025-01-01T00:00:00+00:00",
        "command": "python train_cli.py train phantom --output tiny --backbone tiny",
        "versions": {"onnxruntime": onnxruntime.__version__},
        "metrics": {
            "images": COUNTS["test"] * len(CLASSES),
            "groups": COUNTS["test"] * len(CLASSES),
            "accuracy": interval,
            "balanced_accuracy": interval,
            "macro_f1": interval,
            "auc": interval,
            "log_loss": interval,
            "brier_score": interval,
            "expected_calibration_error": {
                "value": 0.1,
                "perfect_mean": 0.08,
                "perfect_90th_percentile": 0.12,
            },
            "per_class": {name: {"support": COUNTS["test"], **one_class} for name in class_names},
            "operating_point": {"threshold": 0.3, "sensitivity": interval, "specificity": interval},
            "confusion_matrix": confusion,
        },
        "decision": {
            "temperature": 1.2,
            "operating_threshold": 0.3,
            "operating_rule": "sensitivity of at least 0.95 on validation",
            "conformal_threshold": 0.8,
            "distance_threshold": 0.2,
            "embedding_scale": 1.0,
        },
    }
