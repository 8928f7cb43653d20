"""Input scaling of the backbones, against Keras's own."""

import importlib

import keras
import numpy as np
import pytest
from sizes import memory_left

from core.backbone_names import KERAS_BACKBONES
from core.training.backbones import BACKBONES

SIZE = 96
IMAGES = np.random.default_rng(0).uniform(0, 255, (2, SIZE, SIZE, 3)).astype(np.float32)
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
# Two networks with their weights; the largest of keras.applications, convnext_xlarge, needs 4 GB.
BYTES_PER_WEIGHT = 2 * 4 * 1.5


@pytest.mark.slow
@pytest.mark.parametrize("name", KERAS_BACKBONES)
def test_scaling_and_network_are_keras_own(name: str) -> None:
    build = getattr(keras.applications, KERAS_BACKBONES[name])
    keras.backend.clear_session()
    whole = build(include_top=False, weights=None, input_shape=(SIZE, SIZE, 3))
    needed = whole.count_params() * BYTES_PER_WEIGHT
    if needed > memory_left():
        pytest.skip(f"{name} needs {needed / 2**30:.1f} GB")
    if name.startswith("efficientnet_b"):
        # Its weights files hold mean and variance; those of random weights are 0 and 1.
        normalization = whole.get_layer("normalization")
        normalization.set_weights([MEAN, STD**2, np.array(0)])
        normalization.finalize_state()  # which loading a file does, and set_weights does not
    backbone = BACKBONES[name]
    images = keras.Input((SIZE, SIZE, 3))
    ours = backbone.build(include_top=False, weights=None, input_shape=(SIZE, SIZE, 3))
    network = keras.Model(images, ours(backbone.scaling(images)))
    ours.set_weights(whole.get_weights()[len(whole.get_weights()) - len(ours.get_weights()) :])
    module = importlib.import_module(build.__module__)
    expected = np.asarray(whole(module.preprocess_input(IMAGES.copy())))
    np.testing.assert_allclose(network(IMAGES), expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    assert np.abs(expected).max() > 0


def test_a_bgr_network_gets_its_channels_swapped() -> None:
    expected = keras.applications.resnet.preprocess_input(IMAGES.copy())
    np.testing.assert_allclose(BACKBONES["resnet50"].scaling(IMAGES), expected, atol=1e-4)
