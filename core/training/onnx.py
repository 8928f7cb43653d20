"""Conversion of a trained network to an ONNX graph with saliency and embedding, verified against Keras."""

from __future__ import annotations

import gc
import logging
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
import tf2onnx
from scipy.special import softmax

from core.errors import UserError
from core.inference.onnx_graph import batch_size

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.inference.onnx_graph import Graph
    from core.training.network import Network


PARITY = 1e-4
_OPSET = 17


class ExportError(UserError):
    """The predictions of the exported and the trained network differ."""


def write_onnx(network: Network, temperature: float, path: Path) -> None:
    """Write the graph: input ``image``, outputs ``probabilities``, ``saliency`` and ``embedding``.

    Args:
        network: network in float32.
        temperature: temperature of the softmax.
        path: path of the ONNX file.
    """
    size = network.model.input_shape[1]
    signature = [tf.TensorSpec((None, size, size, 3), tf.float32, name="image")]
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    # Otherwise tf2onnx copies the graph before each of its passes: 9 GB for Xception.
    os.environ["TF2ONNX_CATCH_ERRORS"] = "FALSE"
    graph = tf.function(lambda image: network_outputs(network, image, temperature), input_signature=signature)
    # Keras compiles convolutions in groups, as ConvNeXt has, as functions of their own, which ONNX has not:
    # so the graph gets their operations instead.
    eagerly = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        model, _ = tf2onnx.convert.from_function(
            graph, input_signature=signature, opset=_OPSET, custom_op_handlers={"Erfc": (_as_erf, [])}
        )
    finally:
        tf.config.run_functions_eagerly(eagerly)
    gc.collect()  # the passes leave gigabytes of graphs in reference cycles
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    path.write_bytes(model.SerializeToString())


def _as_erf(context: Any, node: Any, name: str, _: Any) -> None:
    """Replace the complementary error function, in exact GELU, by 1 - erf, which tf2onnx knows."""
    dtypes, shapes, outputs, inputs = node.output_dtypes, node.output_shapes, node.output, node.input
    erf = context.make_node("Erf", inputs, dtypes=dtypes, shapes=shapes)
    one = context.make_const(f"{name}_one", np.array(1, np.float32))
    context.remove_node(node.name)
    context.make_node("Sub", [one.output[0], erf.output[0]], outputs=outputs, dtypes=dtypes, shapes=shapes)


def network_outputs(network: Network, image: tf.Tensor, temperature: float) -> dict[str, tf.Tensor]:
    """Return the outputs of the ONNX graph, computed from standard operations with each kernel stored once.

    The saliency of class c at position p is HiResCAM (Draelos and Carin 2020),
    ReLU(Σ_k ∂logit_c/∂A_pk · A_pk) over the last feature map A. Both heads are piecewise linear, so for a
    given activation pattern of the ReLU units this sum is the contribution of position p to logit c. With
    T_pj = Σ_k A_pk W_pkj, the contribution of position p to hidden unit j, the unit is active where
    Σ_p T_pj + b_j > 0, and the saliency is ReLU(Σ_j T_pj · active_j · V_jc). This needs neither a transposed
    kernel nor a gradient of ReLU. With flip averaging, the image and its mirror image are one batch, and
    logits, contributions and embedding are averaged over both.

    Args:
        network: network in float32.
        image: float32 [N, S, S, 3], 0–255.
        temperature: temperature of the softmax; the saliency is that of the logits, without it.

    Returns:
        ``probabilities`` [N, C], ``saliency`` [N, C, h, w], ``embedding`` [N, K].
    """
    flips = network.inference_model is not network.model
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
        active = tf.cast(sums > 0, tf.float32)
        contributions = tf.matmul(parts * active[:, None, :], last.kernel)
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


def check_parity(network: Network, temperature: float, graph: Graph, images: NDArray[np.uint8]) -> None:
    """Compare the probabilities of ONNX Runtime and Keras.

    Args:
        network: network in float32.
        temperature: temperature of the softmax.
        graph: exported graph.
        images: images at input size, uint8 [N, S, S, 3].

    Raises:
        ExportError: a probability differs by more than 1e-4.
    """
    expected = softmax(predict_logits(network, images) / temperature, axis=1)
    difference = float(np.abs(graph.run(images).probabilities - expected).max())
    if not difference <= PARITY:
        raise ExportError(
            f"the probabilities of the exported network differ from Keras by {difference:.1e} on test images "
            f"(limit {PARITY:.0e}), so no bundle was written; report this with the command."
        )


def predict_logits(network: Network, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the logits of N images, uint8 [N, S, S, 3], as float64 [N, C]."""
    size = batch_size(images.shape[1])
    batches = [
        network.inference_model.predict_on_batch(np.asarray(images[start : start + size], np.float32))
        for start in range(0, len(images), size)
    ]
    return np.concatenate(batches).astype(np.float64)
