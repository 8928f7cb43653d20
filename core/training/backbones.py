"""Keras backbones without their top layers, each with the input scaling that its weights expect."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import keras

from core.backbone_names import EFFICIENTNET_LITE, KERAS_BACKBONES
from core.training.efficientnet_lite import efficientnet_lite

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.backbone_names import BackboneName

Channels = tuple[float, float, float]


@dataclass(frozen=True)
class Scaling:
    """Input scaling: y = scale · x + offset for grey values x in 0–255.

    Attributes:
        scale: factor of each channel, in the order of the network's input.
        offset: offset of each channel, in the same order.
        bgr: whether the network's input is blue, green, red.
    """

    scale: Channels
    offset: Channels
    bgr: bool = False

    def __call__(self, images: Any) -> Any:
        """Scale images, [N, H, W, 3] RGB, 0–255."""
        if self.bgr:
            images = keras.ops.flip(images, axis=-1)
        return keras.layers.Rescaling(list(self.scale), list(self.offset), name="scaling")(images)


UNIT = Scaling((1 / 255,) * 3, (0.0,) * 3)
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# The names are those of the modes in keras.applications.imagenet_utils.
_TF = Scaling((1 / 127.5,) * 3, (-1.0,) * 3)
_TORCH = Scaling(
    tuple(1 / (255 * std) for std in _STD),  # type: ignore[arg-type]
    tuple(-mean / std for mean, std in zip(_MEAN, _STD, strict=True)),  # type: ignore[arg-type]
)
_CAFFE = Scaling((1.0,) * 3, (-103.939, -116.779, -123.68), bgr=True)
_LITE = Scaling((1 / 128,) * 3, (-127 / 128,) * 3)

# Beginning of a name → scaling.
_FAMILIES = {
    "convnext": _TORCH,
    "densenet": _TORCH,
    "efficientnet_b": _TORCH,
    "efficientnet_v2_b": _TORCH,
    "efficientnet_v2": Scaling((1 / 128,) * 3, (-1.0,) * 3),  # its S, M and L
    "inception": _TF,
    "mobilenet": _TF,
    "nasnet": _TF,
    "vgg": _CAFFE,
    "xception": _TF,
}
_MIN_SIZES = {"inception_resnet_v2": 75, "inception_v3": 75, "xception": 71}


@dataclass(frozen=True)
class Backbone:
    """A feature extractor.

    Attributes:
        build: function that builds the Keras model.
        scaling: scaling that its weights expect.
        min_size: smallest side of its input, pixels.
    """

    build: Callable[..., keras.Model]
    scaling: Scaling
    min_size: int = 32


def _keras_backbone(name: str) -> Backbone:
    build = getattr(keras.applications, KERAS_BACKBONES[name])
    if name.startswith("resnet"):
        return Backbone(build, _TF if name.endswith("v2") else _CAFFE)
    scaling = next(scaling for beginning, scaling in _FAMILIES.items() if name.startswith(beginning))
    if name.startswith("efficientnet_b"):
        build = partial(_without_scaling, build)
    elif name.startswith(("convnext", "efficientnet_v2", "mobilenet_v3")):
        build = partial(build, include_preprocessing=False)
    return Backbone(build, scaling, _MIN_SIZES.get(name, 32))


def _without_scaling(build: Callable[..., keras.Model], **options: Any) -> keras.Model:
    """Build a network of Keras that always scales inside, without its first layers, which do that."""
    whole = build(**options)
    return keras.Model(whole.get_layer("stem_conv_pad").input, whole.output, name=whole.name)


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


BACKBONES: dict[BackboneName, Backbone] = {
    **{name: _keras_backbone(name) for name in KERAS_BACKBONES},
    **{
        name: Backbone(partial(efficientnet_lite, number), _LITE)
        for number, name in enumerate(EFFICIENTNET_LITE)
    },
    "tiny": Backbone(_tiny, _TF),
}
