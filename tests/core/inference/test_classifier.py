"""Predictions of a bundle's network, and networks that do not fit their bundle."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest
from bundles import SIDE, make_bundle
from graphs import answer_for_black_alone, cannot_be_stopped, end_for_black_alone, shape_for_black_alone

from core.bundle.folder import Bundle, BundleError, open_bundle, read_manifest, write_manifest
from core.bundle.manifest import EMBEDDINGS, MODEL, STATISTICS, Manifest
from core.errors import UserError
from core.images.statistics import WIDTH, statistics
from core.inference import onnx_graph
from core.inference.classifier import Classifier, OutOfServiceError
from core.inference.domain_scores import Mahalanobis, Nearest, Statistics
from core.inference.onnx_graph import Graph, TimeLimitError
from core.inference.work_queue import CPU_QUEUE
from core.schema import parse


def rebuild(folder: Path, change: Callable[[onnx.ModelProto], None]) -> None:
    """Change the network, and make the manifest fit it again."""
    model = onnx.load(folder / MODEL)
    change(model)
    (folder / MODEL).write_bytes(model.SerializeToString())
    manifest = read_manifest(folder).model_dump(exclude={"files", "schema_version"})
    write_manifest(folder, **manifest)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_bundle(tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.mark.parametrize(
    "embeddings",
    [
        np.zeros((0, 3)),
        np.ones(3),
        np.eye(2001, 3),
        np.array([[1, np.nan, 1]]),
        np.array([["a", "b", "c"]]),
        np.eye(4, 5),
        np.zeros((4, 3)),
        np.ones((4, 3)),
    ],
    ids=["none", "a row", "too many", "not finite", "text", "another width", "zero", "all alike"],
)
def test_embeddings_that_no_image_can_be_compared_with_are_refused(folder: Path, embeddings) -> None:
    bundle = open_bundle(folder)
    np.save(folder / EMBEDDINGS, embeddings)
    with pytest.raises(BundleError, match="embeddings"):
        Classifier(bundle)


@pytest.mark.parametrize("what", ["size", "classes", "not finite"])
def test_a_network_that_does_not_fit_its_manifest_is_refused(folder: Path, what: str) -> None:
    bundle = open_bundle(folder)
    Classifier(bundle)
    data = bundle.manifest.model_dump(mode="json")
    if what == "size":
        data["recipe"]["preprocessing"]["image_size"] = 64
    elif what == "classes":
        data["class_names"].append("cyst")
        data["metrics"]["per_class"]["cyst"] = data["metrics"]["per_class"]["normal"]
        data["metrics"]["confusion_matrix"] = np.eye(4, dtype=int).tolist()
    else:
        model = onnx.load(folder / MODEL)
        flat = next(tensor for tensor in model.graph.initializer if tensor.name == "flat")
        flat.raw_data = np.full(9, np.nan, np.float32).tobytes()
        onnx.save(model, folder / MODEL)
    with pytest.raises(BundleError, match="does not fit"):
        Classifier(Bundle(folder, parse(Manifest, data, what="the manifest")))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            partial(answer_for_black_alone, output="probabilities", value=np.nan),
            "'probabilities' that is not f",
        ),
        (partial(answer_for_black_alone, output="probabilities", value=0.01), "does not add up to 1"),
        (partial(answer_for_black_alone, output="saliency", value=-1e6), "'saliency' below 0"),
        (partial(answer_for_black_alone, output="saliency", value=np.inf), "'saliency' that is not finite"),
        (
            partial(answer_for_black_alone, output="embedding", value=-np.inf),
            "'embedding' that is not finite",
        ),
        (shape_for_black_alone, "'embedding' of an unexpected shape"),
    ],
)
def test_outputs_are_checked_for_every_image(folder: Path, change, fault: str) -> None:
    rebuild(folder, change)
    classifier = Classifier(open_bundle(folder))
    black = np.zeros((SIDE, SIDE, 3), np.uint8)
    sound = classifier.classify(black)
    with pytest.raises(BundleError, match=f"model.onnx of bundle gave an output .*{fault}"):
        classifier.classify_batch([black] * 20 + [black + np.uint8(1)])
    assert classifier.problem is None
    assert classifier.classify(black).probabilities == sound.probabilities


def test_a_network_that_is_late_again_and_again_is_out_of_service(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(onnx_graph, "_SLOWDOWN", 0)
    rebuild(folder, end_for_black_alone)
    classifier = Classifier(open_bundle(folder))
    black = np.zeros((SIDE, SIDE, 3), np.uint8)
    late = black + np.uint8(1)
    for image in (late, late, black, late, late):  # never three in a row
        monkeypatch.setattr(onnx_graph, "_MIN_TIMEOUT", 60 if image is black else 0.1)
        if image is black:
            classifier.classify(black)
            continue
        with pytest.raises(TimeLimitError, match="try again, or use another model"):
            classifier.classify(late)
        assert not CPU_QUEUE._tickets  # the place is free
        assert classifier.problem is None
    for image in (late, black):
        with pytest.raises(OutOfServiceError, match="since 3 predictions in a row did not end in time"):
            classifier.classify(image)
    assert classifier.problem


def test_a_network_that_cannot_be_stopped_is_out_of_service_at_once(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(onnx_graph, "_MIN_TIMEOUT", 0.1)
    monkeypatch.setattr(onnx_graph, "_SLOWDOWN", 0)
    monkeypatch.setattr(onnx_graph, "_GRACE", 0.1)
    rebuild(folder, cannot_be_stopped)
    classifier = Classifier(open_bundle(folder))
    with pytest.raises(OutOfServiceError, match="since one cannot be stopped"):
        classifier.classify(np.full((SIDE, SIDE, 3), 16, np.uint8))
    assert not CPU_QUEUE._tickets


def test_a_prediction_carries_what_the_bundle_decides(folder: Path) -> None:
    classifier = Classifier.from_bundle(folder)
    known = next(iter(classifier.bundle.test_images().values()))
    prediction = classifier.classify(known)
    assert list(prediction.probabilities) == list(classifier.bundle.manifest.class_names)
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert prediction.probabilities[prediction.predicted_class] == max(prediction.probabilities.values())
    threshold = classifier.bundle.manifest.decision.conformal_threshold
    assert prediction.possible == tuple(
        name for name, share in prediction.probabilities.items() if 1 - share <= threshold
    )
    assert (prediction.saliency >= 0).all()
    assert classifier.classify_batch([]) == []


def test_an_earlier_bundle_flags_by_the_nearest_training_image(folder: Path) -> None:
    classifier = Classifier.from_bundle(folder)
    images = list(classifier.bundle.test_images().values())
    limit = classifier.bundle.manifest.decision.distance_threshold
    embeddings = Graph(folder / MODEL).run(images).embedding
    expected = Nearest(classifier.bundle.training_embeddings())(embeddings)
    found = classifier.classify_batch(images)
    np.testing.assert_allclose([each.distance for each in found], expected, atol=1e-6)
    assert [each.unlike_training for each in found] == list(expected > limit)


def test_a_bundle_with_limits_flags_what_is_above_any(tmp_path: Path) -> None:
    make_bundle(tmp_path / "plain")
    plain = Classifier.from_bundle(tmp_path / "plain")
    images = list(plain.bundle.test_images().values())
    images.append(np.full_like(images[0], 200))
    embeddings = Graph(tmp_path / "plain" / MODEL).run(images).embedding
    of_training = np.stack([statistics(image) for image in images[:8]])
    expected = {
        "mahalanobis": Mahalanobis(plain.bundle.training_embeddings())(embeddings),
        "statistics": Statistics(of_training)(np.stack([statistics(image) for image in images])),
    }
    limits = [
        {"score": name, "threshold": float(np.quantile(values, 0.8)), "factor": 1, "level": 0.8}
        for name, values in expected.items()
    ]
    make_bundle(
        tmp_path / "bundle",
        decision=plain.bundle.manifest.decision.model_dump() | {"domain": limits},
        fill=lambda folder: np.save(folder / STATISTICS, of_training),
    )
    found = Classifier.from_bundle(tmp_path / "bundle").classify_batch(images)
    above = np.zeros(len(images), bool)
    for limit in limits:
        name = limit["score"]
        np.testing.assert_allclose([each.distances[name] for each in found], expected[name], rtol=1e-4)
        above |= expected[name] > limit["threshold"]
    assert [each.unlike_training for each in found] == list(above)
    assert found[-1].distances["statistics"] > 3 * limits[1]["threshold"]
    assert found[0].distance == found[0].distances["mahalanobis"]


@pytest.mark.parametrize(
    "rows", [np.zeros((0, WIDTH)), np.zeros((4, WIDTH + 1)), np.full((4, WIDTH), np.inf)]
)
def test_statistics_that_no_image_can_be_compared_with_are_refused(tmp_path: Path, rows: np.ndarray) -> None:
    limits = [{"score": "statistics", "threshold": 1.0, "factor": 1, "level": 0.95}]
    decision = make_bundle(tmp_path / "plain").decision.model_dump() | {"domain": limits}
    make_bundle(
        tmp_path / "bundle", decision=decision, fill=lambda folder: np.save(folder / STATISTICS, rows)
    )
    with pytest.raises(BundleError, match=STATISTICS):
        Classifier.from_bundle(tmp_path / "bundle")


def test_a_limit_without_its_statistics_is_refused(tmp_path: Path) -> None:
    limits = [{"score": "statistics", "threshold": 1.0, "factor": 1, "level": 0.95}]
    decision = make_bundle(tmp_path / "plain").decision.model_dump() | {"domain": limits}
    with pytest.raises(UserError, match="listed where, and only where, a limit needs it"):
        make_bundle(tmp_path / "bundle", decision=decision)


@pytest.mark.parametrize("border_crop", [0, 0.013, 0.05, 0.2, 0.41])
@pytest.mark.parametrize("how", ["squash", "letterbox"])
def test_a_fitted_image_reaches_the_network_as_it_is(border_crop, how, tmp_path) -> None:
    preprocessing = {"image_size": SIDE, "border_crop": border_crop, "fit": how}
    make_bundle(tmp_path / "bundle", recipe={"backbone": "tiny", "epochs": 3, "preprocessing": preprocessing})
    images = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), dtype=np.uint8)
    answers = Classifier.from_bundle(tmp_path / "bundle").classify_fitted(images)
    expected = Graph(tmp_path / "bundle" / MODEL).run(images).probabilities
    for image, answer, probabilities in zip(images, answers, expected, strict=True):
        assert (answer.image == image).all()
        assert np.allclose(list(answer.probabilities.values()), probabilities, atol=1e-6)
