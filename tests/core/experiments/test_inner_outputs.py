"""Logits and disagreement of flips, taken from the graphs of bundles."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from bundles import SIDE, make_bundle
from paths import ROOT
from scipy.special import softmax

from core.bundle.folder import Bundle, BundleError, open_bundle
from core.bundle.manifest import MODEL
from core.experiments.inner_outputs import InnerGraph
from core.inference.onnx_graph import Graph


def noise(side: int, count: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3)).astype(np.uint8)


@pytest.mark.parametrize("name", ["busi-busbra", "phantom"], ids=["flips averaged", "no flips"])
def test_outputs_are_those_of_the_graph_and_fit_one_another(name: str) -> None:
    bundle = open_bundle(ROOT / "models" / name)
    images = noise(bundle.manifest.recipe.preprocessing.image_size)
    found, expected = InnerGraph(bundle).run(images), Graph(bundle.folder / MODEL).run(images)
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-5)
    np.testing.assert_allclose(found.embedding, expected.embedding, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(softmax(found.logits, axis=1), expected.probabilities, atol=1e-5)
    mirrored = InnerGraph(bundle).run(images[:, :, ::-1])
    np.testing.assert_allclose(found.disagreement, mirrored.disagreement, atol=1e-4)
    assert found.disagreement.min() > 1e-4


@pytest.mark.parametrize("name", ["busi-busbra", "phantom"], ids=["flips averaged", "no flips"])
def test_an_image_that_is_its_own_mirror_image_does_not_disagree(name: str) -> None:
    bundle = open_bundle(ROOT / "models" / name)
    images = noise(bundle.manifest.recipe.preprocessing.image_size)
    symmetric = np.maximum(images, images[:, :, ::-1])
    assert InnerGraph(bundle).run(symmetric).disagreement.max() < 1e-4


def test_a_graph_without_a_softmax_at_its_end_is_refused(tmp_path: Path) -> None:
    manifest = make_bundle(tmp_path / "bundle")
    model = onnx.load(tmp_path / "bundle" / MODEL)
    for node in model.graph.node:
        if "probabilities" in node.output:
            node.op_type = "Sigmoid"
            del node.attribute[:]
    onnx.save(model, tmp_path / "bundle" / MODEL)
    with pytest.raises(BundleError, match="does not end in a softmax"):
        InnerGraph(Bundle(tmp_path / "bundle", manifest)).run(noise(SIDE))
