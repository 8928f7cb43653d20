"""Graphs in ONNX Runtime: outputs, and what is refused."""

import os
import threading
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from bundles import CLASSES, SIDE, make_bundle
from graphs import cannot_be_stopped, end_for_black_alone

from core.bundle.folder import BundleError
from core.bundle.manifest import MODEL
from core.inference import onnx_graph
from core.inference.onnx_graph import BATCH, Graph, TimeLimitError, time_limit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_bundle(tmp_path / "bundle")
    return tmp_path / "bundle"


def test_a_file_that_is_not_a_graph_is_refused(folder: Path) -> None:
    (folder / MODEL).write_bytes(b"no network")
    with pytest.raises(BundleError, match="not a network that ONNX Runtime can load"):
        Graph(folder / MODEL)


@pytest.mark.skipif(os.cpu_count() == 1, reason="there is one core for one thread")
def test_no_more_threads_than_cores_that_it_may_use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    options = Graph(folder / MODEL)._session.get_session_options()
    assert options.intra_op_num_threads == 1


@pytest.mark.parametrize("location", ["weights.bin", "../bundle/weights.bin"])
def test_a_network_with_weights_in_another_file_is_refused(
    folder: Path, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = onnx.load(folder / MODEL)
    tensor = model.graph.initializer[0]
    (folder / "weights.bin").write_bytes(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    (folder / MODEL).write_bytes(model.SerializeToString())
    onnxruntime.InferenceSession(folder / MODEL)  # left to itself it takes them
    monkeypatch.chdir(folder)
    with pytest.raises(BundleError, match="all its weights inside the file"):
        Graph(folder / MODEL)


def test_an_image_has_the_same_outputs_alone_and_among_many(folder: Path) -> None:
    graph = Graph(folder / MODEL)
    images = np.random.default_rng(0).integers(0, 256, (BATCH + 3, SIDE, SIDE, 3), dtype=np.uint8)
    together = graph.run(images)
    assert together.probabilities.shape == (len(images), len(CLASSES))
    for row in (0, BATCH, BATCH + 2):
        for alone, among in zip(graph.run(images[row : row + 1]), together, strict=True):
            np.testing.assert_allclose(alone[0], among[row], atol=1e-6)


@pytest.mark.parametrize(("side", "together"), [(256, 16), (512, 4), (800, 1), (1024, 1)])
def test_large_images_are_classified_fewer_at_a_time(tmp_path: Path, side: int, together: int) -> None:
    graph = onnx.parser.parse_graph(
        """counts (float[N, S, S, 3] image)
        => (float[N, 1] probabilities, float[N, 1, 1, 1] saliency, float[N, 1] embedding)
        <int64[2] column = {-1, 1}, int64[4] cell = {-1, 1, 1, 1}, int64[3] axes = {1, 2, 3}> {
            shape = Shape <start = 0, end = 1> (image)
            count = Cast <to = 1> (shape)
            one = ReduceMean <keepdims = 0> (image, axes)
            zero = Sub (one, one)
            each = Add (zero, count)
            embedding = Reshape (each, column)
            probabilities = Div (embedding, embedding)
            saliency = Reshape (embedding, cell)
        }"""
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8)
    onnx.save(model, tmp_path / MODEL)
    # The embedding is the number of images that were classified together.
    outputs = Graph(tmp_path / MODEL).run([np.zeros((side, side, 3), np.uint8)] * (together + 1))
    assert outputs.embedding[:, 0].tolist() == [together] * together + [1]


def test_the_trial_run_is_one_black_image(folder: Path) -> None:
    graph = Graph(folder / MODEL)
    black = np.zeros((1, SIDE, SIDE, 3), np.uint8)
    for trial, expected in zip(graph.trial_run(SIDE), graph.run(black), strict=True):
        np.testing.assert_array_equal(trial, expected)


def test_a_run_may_take_far_longer_than_the_trial_run(folder: Path) -> None:
    graph = Graph(folder / MODEL)
    graph.trial_run(SIDE)
    assert graph._trial_seconds > 0
    assert time_limit(None, BATCH) is None  # a network of our own, before it is published
    assert time_limit(0.001, 1) == 60
    assert time_limit(1, BATCH) == 50 * BATCH
    assert time_limit(60, BATCH) == 3600


def test_a_run_that_does_not_end_is_ended_or_left_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_graph, "_SLOWDOWN", 0)
    black = np.zeros((1, SIDE, SIDE, 3), np.uint8)
    for change, ended in ((end_for_black_alone, True), (cannot_be_stopped, False)):
        model = onnx.load(folder / MODEL)
        change(model)
        (folder / "changed.onnx").write_bytes(model.SerializeToString())
        graph = Graph(folder / "changed.onnx")
        graph.trial_run(SIDE)
        monkeypatch.setattr(onnx_graph, "_MIN_TIMEOUT", 60)
        graph.run(black)
        monkeypatch.setattr(onnx_graph, "_MIN_TIMEOUT", 0.2)
        before = set(threading.enumerate())
        monkeypatch.setattr(onnx_graph, "_GRACE", 60 if ended else 0.2)
        with pytest.raises(TimeLimitError, match=r"changed.onnx of bundle did not end within 0 sec") as late:
            graph.run(black + np.uint8(16))
        assert late.value.ended is ended
        assert len(set(threading.enumerate()) - before) == (not ended)


def test_all_networks_share_one_arena_which_is_registered_once(folder: Path) -> None:
    Graph(folder / MODEL)
    registered = onnx_graph._share_memory_arena.cache_info().misses
    Graph(folder / MODEL)
    assert onnx_graph._share_memory_arena.cache_info().misses == registered == 1
