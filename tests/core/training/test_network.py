import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pytest

from core.errors import UserError
from core.recipe import RECIPES, Recipe
from core.training import network

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 3)).astype(np.float32)


def recipe(**fields) -> Recipe:
    return RECIPES["paper"].overridden(**{"backbone": "tiny", "image_size": 48} | fields)


def test_the_paper_recipe_divides_by_255_whatever_the_backbone() -> None:
    net = network.build(recipe(), 3)
    np.testing.assert_allclose(net.model.get_layer("scaling")(IMAGES), IMAGES / 255, atol=1e-6)


def test_the_papers_head_on_its_base() -> None:
    net = network.build(RECIPES["paper"], 3)
    assert net.base.output_shape == (None, 3, 3, 1536)
    shapes = [variable.shape for variable in net.head.weights]
    assert shapes == [(3 * 3 * 1536, 256), (256,), (256, 3), (3,)]
    assert net.frozen
    assert len(net.model.trainable_variables) == 4


def test_fine_tune_from_a_layer_on() -> None:
    net = network.build(recipe(fine_tune="conv2d_4"), 3)
    trainable = [layer.name for layer in net.base.layers if layer.trainable and layer.trainable_variables]
    assert trainable == ["conv2d_4", "batch_normalization_4", "conv2d_5", "batch_normalization_5"]
    with pytest.raises(UserError, match="no layer 'conv9'"):
        network.build(recipe(fine_tune="conv9"), 3)
    # With a second task, a frozen base is no way out.
    with pytest.raises(
        UserError, match="give --fine-tune all, or one of its layers, such as conv2d, conv2d_1"
    ):
        network.build(RECIPES["recommended"].overridden(backbone="tiny", fine_tune="conv9"), 3)


@pytest.mark.slow
def test_a_frozen_base_is_in_inference_mode_while_the_head_trains() -> None:
    net = network.build(recipe(backbone="efficientnet_v2_b0", dropout=0.0), 3)
    first, second = (net.model(IMAGES, training=True) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    before = net.base.get_weights()
    net.model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    net.model.train_on_batch(IMAGES, np.arange(3))
    assert all((old == new).all() for old, new in zip(before, net.base.get_weights(), strict=True))


def test_batch_norm_in_inference_mode_keeps_its_statistics_while_the_base_trains() -> None:
    net = network.build(recipe(fine_tune="all", batch_norm="inference", head="average", dropout=0.0), 3)
    assert not any("batch_normalization" in variable.path for variable in net.model.trainable_variables)
    first, second = net.model(IMAGES, training=True), net.model(IMAGES, training=False)
    np.testing.assert_array_equal(first, second)
    assert len(net.base.trainable_variables) == 6


def test_flip_averaging_answers_a_image_and_its_mirror_image_alike() -> None:
    net = network.build(recipe(flip_averaging=True), 3)
    answer, mirrored = net.inference_model(IMAGES), net.inference_model(IMAGES[:, :, ::-1])
    np.testing.assert_allclose(answer, mirrored, atol=1e-5)
    both = net.model(IMAGES) + net.model(IMAGES[:, :, ::-1])
    np.testing.assert_allclose(answer, both / 2, atol=1e-5)
    assert np.abs(net.model(IMAGES) - answer).max() > 1e-3


def test_bfloat16_keeps_float32_weights_and_logits() -> None:
    net = network.build(recipe(), 3, precision="bfloat16")
    assert {variable.dtype for variable in net.model.trainable_variables} <= {"float32"}
    assert net.head.output.dtype == "float32"
    assert net.base.output.dtype == "bfloat16"
    assert keras.config.dtype_policy().name == "float32"


def test_weights_from_a_keras_file(tmp_path) -> None:
    donor = network.build(recipe(), 3)
    donor.base.save_weights(tmp_path / "base.weights.h5")
    net = network.build(recipe(), 3)
    network.load_base_weights(net, recipe(), str(tmp_path / "base.weights.h5"))
    np.testing.assert_array_equal(net.base.get_weights()[0], donor.base.get_weights()[0])
    (tmp_path / "wrong.weights.h5").write_bytes(b"no weights")
    with pytest.raises(UserError, match="do not fit tiny"):
        network.load_base_weights(net, recipe(), str(tmp_path / "wrong.weights.h5"))


def test_training_a_bundle_further_takes_its_head_where_it_fits(tmp_path) -> None:
    donor = network.build(recipe(), 3)
    donor.model.save_weights(tmp_path / "model.weights.h5")
    for head, fits in (("flatten", True), ("average", False)):
        other = recipe(head=head)
        net = network.build(other, 3)
        kept = network.load_network_weights(
            net, other, tmp_path / "model.weights.h5", recipe(), "abc", same_classes=True
        )
        assert kept is fits
        np.testing.assert_array_equal(net.base.get_weights()[0], donor.base.get_weights()[0])
        same = np.array_equal(net.head.get_weights()[0], donor.head.get_weights()[0])
        assert same is fits
    net = network.build(recipe(), 3)
    assert not network.load_network_weights(
        net, recipe(), tmp_path / "model.weights.h5", recipe(), "xyz", same_classes=False
    )
    with pytest.raises(UserError, match="give --backbone tiny"):
        network.load_network_weights(
            net, recipe(backbone="xception"), tmp_path, recipe(), "abc", same_classes=True
        )


def test_what_does_not_exist_is_named() -> None:
    with pytest.raises(UserError, match="'resnet' is no backbone; did you mean resnet50"):
        recipe(backbone="resnet")
    with pytest.raises(UserError, match="--image-size 71 or more"):
        network.build(recipe(backbone="xception"), 3)


@pytest.mark.weights
def test_the_shared_xception_weights_load(xception_weights) -> None:
    mine = recipe(backbone="xception", image_size=96, weights="none")
    net = network.build(mine, 3)
    before = net.base.get_weights()[0].copy()
    network.load_base_weights(net, mine, str(xception_weights))
    assert np.abs(net.base.get_weights()[0] - before).max() > 0.01


def test_a_backbone_without_imagenet_weights_is_named() -> None:
    net = network.build(recipe(), 3)
    before = net.base.get_weights()
    network.load_base_weights(net, recipe(), "none")
    assert all(map(np.array_equal, before, net.base.get_weights()))
    with pytest.raises(UserError, match="no ImageNet weights; give --weights none"):
        network.load_base_weights(net, recipe(), "imagenet")
