"""Input scaling of the backbones, against Keras's own."""

import keras
import numpy as np
import pytest

from core.training import backbones

IMAGES = np.random.default_rng(0).uniform(0, 255, (2, 48, 48, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("backbone", "module"),
    [
        ("inception_resnet_v2", "inception_resnet_v2"),
        ("xception", "xception"),
        ("densenet121", "densenet"),
        ("mobilenet_v2", "mobilenet_v2"),
    ],
)
def test_scaling_is_keras_own(backbone: str, module: str) -> None:
    scale, offset = (np.array(part) for part in backbones.BACKBONES[backbone].scaling)
    preprocess_input = getattr(keras.applications, module).preprocess_input
    np.testing.assert_allclose(IMAGES * scale + offset, preprocess_input(IMAGES.copy()), atol=1e-5)


def test_efficientnet_scaling_is_what_its_own_layers_do() -> None:
    whole = keras.applications.EfficientNetV2B0(include_top=False, weights=None, input_shape=(48, 48, 3))
    scaled = keras.Model(whole.input, whole.get_layer("normalization").output)(IMAGES)
    scale, offset = (np.array(part) for part in backbones.BACKBONES["efficientnet_v2_b0"].scaling)
    np.testing.assert_allclose(IMAGES * scale + offset, scaled, atol=1e-5)
