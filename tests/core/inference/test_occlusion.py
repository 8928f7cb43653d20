"""Occlusion: the map must find what the network looks at."""

import numpy as np
import onnx
import pytest
from bundles import CLASSES, SIDE, make_bundle
from onnx import TensorProto, helper, numpy_helper

from core.bundle import manifest as names
from core.bundle.folder import read_manifest, write_manifest
from core.inference.classifier import Classifier
from core.inference.occlusion import CELLS, occlusion_map


@pytest.fixture
def corner_reader(tmp_path):
    """A network that looks at the top left eighth alone: the lighter it is, the more benign."""
    folder = tmp_path / "corner"
    make_bundle(folder)
    model = onnx.load(folder / names.MODEL)
    weight = np.zeros((1, SIDE, SIDE, 3), np.float32)
    weight[:, : SIDE // 8, : SIDE // 8] = 1 / (SIDE // 8) ** 2
    model.graph.initializer.append(numpy_helper.from_array(weight, "corner"))
    model.graph.node.insert(0, helper.make_node("Mul", ["image", "corner"], ["seen"]))
    for node in model.graph.node:
        if "embedding" in node.output:
            node.op_type = "ReduceSum"
            node.input[0] = "seen"
        if "logits" in node.output:
            node.input[1] = "benign"
    benign = np.array([[1, 0, 0]] * 3, np.float32) / 255
    model.graph.initializer.append(numpy_helper.from_array(benign, "benign"))
    assert model.graph.input[0].type.tensor_type.elem_type == TensorProto.FLOAT
    onnx.save(model, folder / names.MODEL)
    fields = read_manifest(folder).model_dump(exclude={"files", "schema_version"})
    write_manifest(folder, **fields)
    return Classifier.from_bundle(folder)


def test_the_map_shows_where_the_network_looks_and_with_which_sign(corner_reader) -> None:
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    image[: SIDE // 8, : SIDE // 8] = 255
    steps = []
    found = occlusion_map(corner_reader, image, lambda done, count: steps.append((done, count)))
    assert found.drop.shape == (len(CLASSES), CELLS, CELLS)
    benign, malignant, _ = found.drop
    # The square that lies on the corner covers cell (0, 0) alone; each step away covers less of it.
    whole = np.exp(3) / (np.exp(3) + 2)
    grey = np.rint(image.mean()) / 255
    covered = np.exp(3 * grey) / (np.exp(3 * grey) + 2)
    assert benign[0, 0] == pytest.approx(whole - covered, abs=1e-4)
    assert benign.argmax() == 0
    assert malignant[0, 0] == pytest.approx(-benign[0, 0] / 2, abs=1e-4)
    assert np.abs(found.drop[:, 3:, 3:]).max() < 1e-6
    assert steps[-1] == ((CELLS - 1) ** 2,) * 2
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})


def test_nothing_is_lost_where_the_image_has_one_colour(corner_reader) -> None:
    found = occlusion_map(corner_reader, np.full((50, 70, 3), 90, np.uint8), lambda _done, _count: None)
    assert np.abs(found.drop).max() < 1e-6
    assert (found.square, found.step) == (4, 2)
