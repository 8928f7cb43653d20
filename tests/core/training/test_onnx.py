import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import onnx
import pytest
import tensorflow as tf
from scipy.special import softmax

from core.inference.onnx_graph import Graph
from core.recipe import RECIPES
from core.training import network
from core.training.onnx import ExportError, check_parity, network_outputs, write_onnx

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 64, 64, 3), dtype=np.uint8)

HEADS = ("average", pytest.param("flatten", marks=pytest.mark.slow))
# The smallest network of each family of backbones.
SMALLEST = (
    *(
        "convnext_tiny",
        "densenet121",
        "efficientnet_b0",
        "efficientnet_lite0",
        "efficientnet_v2_b0",
    ),
    *("inception_resnet_v2", "inception_v3", "mobilenet", "mobilenet_v2", "mobilenet_v3_small"),
    *("nasnet_mobile", "resnet50", "resnet50_v2", "vgg16", "xception"),
)


def built(backbone: str = "tiny", size: int = 64, **fields) -> network.Network:
    keras.utils.set_random_seed(1)
    recipe = RECIPES["paper"].overridden(backbone=backbone, weights="none", image_size=size, **fields)
    net = network.build(recipe, 3)
    # Untrained heads have zero biases, which would hide a forgotten one.
    rng = np.random.default_rng(2)
    net.head.set_weights([rng.normal(0, 0.1, array.shape) for array in net.head.get_weights()])
    return net


@pytest.mark.parametrize("head", HEADS)
def test_saliency_is_the_gradient_times_the_feature_map(head: str) -> None:
    net = built(head=head)
    images = tf.constant(IMAGES, tf.float32)
    feature_map = net.features(images)
    with tf.GradientTape() as tape:
        tape.watch(feature_map)
        # The images do not influence one another, so summing over them loses nothing.
        logits = tf.reduce_sum(net.head(feature_map, training=False), axis=0)
    gradient = tape.jacobian(logits, feature_map)
    expected = tf.nn.relu(tf.reduce_sum(gradient * feature_map[None], axis=-1))
    outputs = network_outputs(net, images, 1.0)
    assert float(tf.reduce_max(expected)) > 1e-3
    np.testing.assert_allclose(outputs["saliency"], tf.transpose(expected, (1, 0, 2, 3)), atol=1e-5)


@pytest.mark.parametrize("head", HEADS)
def test_the_graph_says_what_keras_says(head: str, tmp_path) -> None:
    net = built(head=head)
    write_onnx(net, 1.7, tmp_path / "model.onnx")
    graph = Graph(tmp_path / "model.onnx")
    outputs = graph.run(IMAGES)
    logits = net.model.predict(IMAGES.astype(np.float32), verbose=0)
    np.testing.assert_allclose(outputs.probabilities, softmax(logits / 1.7, axis=1), atol=1e-5)
    feature_map = net.features.predict(IMAGES.astype(np.float32), verbose=0)
    np.testing.assert_allclose(outputs.embedding, feature_map.mean(axis=(1, 2)), atol=1e-4)
    assert outputs.saliency.shape == (5, 3, 4, 4)
    check_parity(net, 1.7, graph, IMAGES)
    with pytest.raises(ExportError, match="differ from Keras"):
        check_parity(net, 1.0, graph, IMAGES)


@pytest.mark.parametrize("head", HEADS)
def test_the_graph_averages_over_the_mirror_image(head: str, tmp_path) -> None:
    net = built(head=head, flip_averaging=True)
    write_onnx(net, 1.7, tmp_path / "model.onnx")
    graph = Graph(tmp_path / "model.onnx")
    check_parity(net, 1.7, graph, IMAGES)
    outputs, mirrored = graph.run(IMAGES), graph.run(np.ascontiguousarray(IMAGES[:, :, ::-1]))
    np.testing.assert_allclose(outputs.probabilities, mirrored.probabilities, atol=1e-5)
    np.testing.assert_allclose(outputs.embedding, mirrored.embedding, atol=1e-4)
    np.testing.assert_allclose(outputs.saliency, mirrored.saliency[..., ::-1], atol=1e-4)
    single = network_outputs(built(head=head), tf.constant(IMAGES, tf.float32), 1.7)
    # Small as the differences of this untrained network are, they are not rounding.
    assert np.abs(single["probabilities"] - outputs.probabilities).max() > 1e-4
    assert outputs.saliency.max() > 1e-3


@pytest.mark.parametrize("head", HEADS)
def test_each_kernel_is_stored_once(head: str, tmp_path) -> None:
    net = built(head=head, size=128, flip_averaging=head == "average")
    write_onnx(net, 1.0, tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").stat().st_size <= 1.05 * 4 * net.model.count_params() + 10_000


def test_the_graph_has_the_names_and_shapes_of_a_bundle(tmp_path) -> None:
    write_onnx(built(), 1.0, tmp_path / "model.onnx")
    model = onnx.load(tmp_path / "model.onnx")
    shapes = {
        value.name: [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    assert shapes == {
        "image": ["N", 64, 64, 3],
        "probabilities": ["N", 3],
        "saliency": ["N", 3, 4, 4],
        "embedding": ["N", 64],
    }


@pytest.mark.slow
@pytest.mark.parametrize("backbone", SMALLEST)
def test_the_smallest_of_each_family_trains_and_exports(backbone: str, tmp_path) -> None:
    net = built(backbone, size=96, fine_tune="all", head="average")
    images = np.random.default_rng(0).integers(0, 256, (2, 96, 96, 3), dtype=np.uint8)
    net.model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = [weight.copy() for weight in net.base.get_weights()]
    net.model.train_on_batch(images.astype(np.float32), np.arange(2))
    assert any((old != new).any() for old, new in zip(before, net.base.get_weights(), strict=True))
    write_onnx(net, 1.0, tmp_path / "model.onnx")
    check_parity(net, 1.0, Graph(tmp_path / "model.onnx"), images)
    assert (tmp_path / "model.onnx").stat().st_size <= 1.05 * 4 * net.model.count_params()
