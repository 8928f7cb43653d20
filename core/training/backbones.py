"""Keras backbones without their top layers, each with the input scaling that its weights expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.recipe import BackboneName

Scaling = tuple[tuple[float, float, float], tuple[float, float, float]]

# y = scale · x + offset for grey values x in 0–255, as keras.applications.imagenet_utils does it.
UNIT: Scaling = ((1 / 255,) * 3, (0.0,) * 3)
_MINUS_ONE_TO_ONE: Scaling = ((1 / 127.5,) * 3, (-1.0,) * 3)
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_IMAGENET_STATISTICS: Scaling = (
    tuple(1 / (255 * std) for std in _STD),
    tuple(-mean / std for mean, std in zip(_MEAN, _STD, strict=True)),
)  # type: ignore[assignment]


@dataclass(frozen=True)
class Backbone:
    """A feature extractor.

    Attributes:
        build: function that builds the Keras model.
        scaling: scale and offset per channel that its weights expect.
        min_size: smallest side of its input, pixels.
    """

    build: Callable[..., keras.Model]
    scaling: Scaling
    min_size: int = 32


def _convolution(x: Any, filters: int, strides: int = 1) -> Any:
    x = keras.layers.Conv2D(filters, 3, strides, padding="same", use_bias=False)(x)
    return keras.layers.BatchNormalization(momentum=0.9)(x)


def _tiny(*, input_shape: tuple[int, int, int], **_: Any) -> keras.Model:
    """Build a small convolutional network with 0.14 million parameters, which two cores train in minutes."""
    inputs = keras.Input(input_shape)
    x = keras.layers.ReLU()(_convolution(inputs, 16, strides=2))
    for block in ((32,), (64, 64), (64, 64)):
        x = keras.layers.MaxPooling2D()(x)
        for filters in block:
            x = keras.layers.ReLU()(_convolution(x, filters))
    return keras.Model(inputs, x)


def _compact(*, input_shape: tuple[int, int, int], **_: Any) -> keras.Model:
    """Build a residual network (He et al. 2016) with 1.9 million parameters, trained from random weights."""
    inputs = keras.Input(input_shape)
    x = keras.layers.ReLU()(_convolution(inputs, 32, strides=2))
    for filters in (64, 128, 192, 256):
        x = keras.layers.ReLU()(_convolution(keras.layers.MaxPooling2D(padding="same")(x), filters))
        x = keras.layers.ReLU()(keras.layers.Add()([x, _convolution(x, filters)]))
    return keras.Model(inputs, x)


BACKBONES: dict[BackboneName, Backbone] = {
    "inception_resnet_v2": Backbone(keras.applications.InceptionResNetV2, _MINUS_ONE_TO_ONE, 75),
    "xception": Backbone(keras.applications.Xception, _MINUS_ONE_TO_ONE, 71),
    "densenet121": Backbone(keras.applications.DenseNet121, _IMAGENET_STATISTICS),
    "efficientnet_v2_b0": Backbone(keras.applications.EfficientNetV2B0, _IMAGENET_STATISTICS),
    "mobilenet_v2": Backbone(keras.applications.MobileNetV2, _MINUS_ONE_TO_ONE),
    "compact": Backbone(_compact, _MINUS_ONE_TO_ONE),
    "tiny": Backbone(_tiny, _MINUS_ONE_TO_ONE),
}
