"""Thresholds of a trained network come from its validation set, by epochs chosen without the image."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import log_softmax, softmax
from specs import tiny_spec

from core.bundle.tables import EpochRow
from core.evaluation.calibration import fit_temperature
from core.evaluation.conformal import class_thresholds, conformal_threshold, held_out_scores
from core.evaluation.domain_results import LEVEL
from core.evaluation.predictions import probability_columns
from core.inference.domain_scores import Features, Nearest, Statistics
from core.training.thresholds import DOMAIN_FACTOR, choose_thresholds, flagged_at_home
from core.training.workspace import Workspace

CLASSES = ("a", "b")
EPOCHS, IMAGES = 5, 120


@pytest.mark.parametrize("keep", ["best", "last"])
def test_conformal_thresholds_use_scores_held_out(tmp_path, keep):
    spec = tiny_spec({"epochs": EPOCHS, "keep": keep}, precision="float32")
    rng = np.random.default_rng(0)
    truth = np.arange(IMAGES) % 2
    rows = pd.DataFrame(
        {
            "file": [f"{n}.png" for n in range(IMAGES)],
            "class": np.array(CLASSES)[truth],
            "group": range(IMAGES),
        }
    )
    logits = rng.normal(size=(EPOCHS, IMAGES, 2)) + np.eye(2)[truth]
    logs = log_softmax(logits, axis=-1)
    workspace = Workspace(tmp_path / "run.partial")
    workspace.begin(spec, rows.assign(set="validation", sha256="0" * 64, kind="image", fingerprint=""))
    accuracies = (logs.argmax(axis=2) == truth).mean(axis=1)
    losses = -logs[:, np.arange(IMAGES), truth].mean(axis=1)
    for epoch in range(1, EPOCHS + 1):
        table = pd.DataFrame(np.exp(logs[epoch - 1]), columns=probability_columns(CLASSES))
        workspace.record(
            EpochRow(epoch, 0.5, 0.5, losses[epoch - 1], accuracies[epoch - 1], 0.5, 0.5, "train"),
            table.assign(epoch=epoch, file=rows["file"], true_class=rows["class"]),
            keep=keep,
            save_network=lambda path: path.write_bytes(b""),
            save_checkpoint=lambda path: path.write_bytes(b""),
        )
    best = int(np.lexsort((losses, -accuracies))[0]) if keep == "best" else EPOCHS - 1
    # The exported network sees the images without augmentation, and differs a little.
    exported = logits[best] + 0.1 * rng.normal(size=(IMAGES, 2))
    temperature = fit_temperature(truth, exported)
    probabilities = softmax(exported / temperature, axis=1).astype(np.float32)
    embedding = rng.normal(size=(IMAGES, 4)).astype(np.float32)
    training = Features(embedding.astype(np.float16), rng.normal(size=(50, 5)).astype(np.float32))
    validation = Features(embedding, rng.normal(size=(IMAGES, 5)).astype(np.float32))
    decision = choose_thresholds(
        workspace, spec, rows, exported, temperature, probabilities, validation, training, 1.0
    )
    logs[best] = log_softmax(exported, axis=1)
    scores = held_out_scores(
        truth,
        logs if keep == "best" else logs[best:],
        np.arange(IMAGES),
        choose=lambda hits, loss: int(np.lexsort((loss, -hits))[0]),
        seed=3,
    )
    assert decision.temperature == temperature
    assert decision.conformal_threshold == pytest.approx(conformal_threshold(scores, np.arange(IMAGES)))
    by_class = class_thresholds(truth, scores, np.arange(IMAGES), 2)
    assert decision.conformal_thresholds == pytest.approx(dict(zip(CLASSES, by_class, strict=True)))
    assert decision.conformal_threshold_of("b") == decision.conformal_thresholds["b"]
    for limit, distances in zip(
        decision.domain,
        (Nearest(training.embedding)(embedding), Statistics(training.statistics)(validation.statistics)),
        strict=True,
    ):
        assert (limit.factor, limit.level) == (DOMAIN_FACTOR, LEVEL)
        assert limit.threshold == pytest.approx(DOMAIN_FACTOR * np.quantile(distances, LEVEL))
    assert [limit.score for limit in decision.domain] == ["nearest", "statistics"]
    # At the median of the nearest images' distances, and no other limit, about half are flagged.
    nearest = Nearest(training.embedding)(embedding)
    median = decision.domain[0].model_copy(update={"threshold": float(np.median(nearest))})
    halved = decision.model_copy(update={"domain": (median,)})
    single, paired = (
        flagged_at_home(halved, validation, training, np.arange(IMAGES) // size) for size in (1, 2)
    )
    assert (single.images, single.rate.value) == (IMAGES, float((nearest > np.median(nearest)).mean()))
    assert paired.rate.high - paired.rate.low > 1.2 * (single.rate.high - single.rate.low)
