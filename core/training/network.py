"""Keras networks: a backbone without its top layers and one of two heads."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras

from core.backbone_names import BACKBONES_WITHOUT_WEIGHTS, REMOVED
from core.errors import UserError
from core.training.backbones import BACKBONES, UNIT
from core.training.batches import CLASS, LESION
from core.training.graph_size import check_graph_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import tensorflow as tf

    from core.bundle.manifest import TrainingPrecision
    from core.recipe import Recipe
_LAYERS_LISTED = 8


@dataclass(frozen=True)
class Network:
    """A network as several Keras models that share its weights.

    Attributes:
        model: images [N, S, S, 3], 0–255 → logits [N, C].
        base: scaled images [N, S, S, 3] → feature map [N, h, w, K].
        head: feature map [N, h, w, K] → logits [N, C].
        features: images [N, S, S, 3], 0–255 → feature map [N, h, w, K].
        inference_model: images → logits, averaged over the mirror image if the recipe has flip averaging.
    """

    model: keras.Model
    base: keras.Model
    head: keras.Model
    features: keras.Model
    inference_model: keras.Model

    @property
    def frozen(self) -> bool:
        """Whether no weight of the base is trainable."""
        return not self.base.trainable


def build(
    recipe: Recipe,
    class_count: int,
    strategy: tf.distribute.Strategy | None = None,
    precision: TrainingPrecision = "float32",
) -> Network:
    """Build the network of a recipe with random weights.

    Args:
        recipe: recipe of the training.
        class_count: number of classes C.
        strategy: distribution over devices, from ``core.training.optimizer``; None for one device.
        precision: precision of the computation; weights and logits are float32.

    Raises:
        UserError: the input is too small for the backbone, the network too large for a bundle, or the layer
            to fine-tune from does not exist, or an earlier version had the backbone.
    """
    if recipe.backbone in REMOVED:
        raise UserError(f"the backbone {recipe.backbone} can no longer be trained; choose another.")
    backbone = BACKBONES[recipe.backbone]
    size = recipe.preprocessing.image_size
    if size < backbone.min_size:
        raise UserError(f"{recipe.backbone} needs --image-size {backbone.min_size} or more, not {size}.")
    keras.backend.clear_session()  # so that layer names, which --fine-tune takes, count from one
    policy = "mixed_bfloat16" if precision == "bfloat16" else "float32"
    # Entered after the session is cleared, which would invalidate the scope.
    with strategy.scope() if strategy else nullcontext(), _dtype_policy(policy):
        base = _base(recipe, size, weights=None)
        _freeze(base, recipe)
        check_graph_size(
            recipe, base, class_count, lambda: _base(recipe, None, weights=None), backbone.min_size
        )
        head = _head(recipe, base.output_shape[1:], class_count)
        images = keras.Input((size, size, 3), name="image")
        feature_map = base((UNIT if recipe.input_scaling == "unit" else backbone.scaling)(images))
        model = keras.Model(images, head(feature_map), name="network")
        features = keras.Model(images, feature_map, name="features")
        inference_model = model
        if recipe.flip_averaging:
            logits = [model(images), model(keras.ops.flip(images, axis=2))]
            inference_model = keras.Model(
                images, keras.layers.Average(dtype="float32")(logits), name="inference"
            )
    return Network(model, base, head, features, inference_model)


def with_segmentation(network: Network) -> keras.Model:
    """Return the network with a segmentation task: images → logits [N, C] and lesion logits [N, h, w, 1]."""
    lesion = keras.layers.Conv2D(1, 1, dtype="float32", name=LESION)(network.features.output)
    return keras.Model(network.model.input, {CLASS: network.model.output, LESION: lesion}, name="two_tasks")


def load_base_weights(network: Network, recipe: Recipe, weights: str) -> None:
    """Load weights into the base.

    Args:
        network: network of the recipe.
        recipe: recipe with the backbone.
        weights: ``imagenet``, ``none``, or a Keras file without the top layers.

    Raises:
        UserError: the weights cannot be downloaded or read, or belong to another network.
    """
    if weights == "none":
        return
    if weights != "imagenet":
        try:
            network.base.load_weights(weights)
        except (ValueError, OSError, KeyError) as error:
            raise UserError(
                f"the weights {weights} do not fit {recipe.backbone}: {_first_line(error)} "
                "Give a Keras .h5 file of that backbone saved without its top layers."
            ) from None
        return
    if recipe.backbone in BACKBONES_WITHOUT_WEIGHTS:
        raise UserError(f"the {recipe.backbone} backbone has no ImageNet weights; give --weights none.")
    try:
        donor = _base(recipe, recipe.preprocessing.image_size, weights="imagenet")
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001 - Keras raises a plain Exception when a download fails
        raise UserError(
            f"the ImageNet weights of {recipe.backbone} cannot be downloaded ({_first_line(error)}); "
            "give --weights FILE (.h5, without the top layers), --weights BUNDLE (a trained model), or "
            "--weights none (random weights)."
        ) from None
    network.base.set_weights(donor.get_weights())


def load_network_weights(
    network: Network,
    recipe: Recipe,
    source: Path,
    source_recipe: Recipe,
    source_classes: Sequence[str],
    *,
    same_classes: bool,
) -> bool:
    """Load the base of a trained network, and its head where it fits, from ``model.weights.h5``.

    Args:
        network: network of the recipe.
        recipe: recipe with the backbone.
        source: path of the weights.
        source_recipe: recipe of the trained network.
        source_classes: classes of the trained network.
        same_classes: whether both networks have the same classes; if not, the head stays random.

    Returns:
        Whether the head was loaded too.

    Raises:
        UserError: the trained network has another backbone, or its file does not fit its recipe.
    """
    if source_recipe.backbone != recipe.backbone:
        raise UserError(
            f"the bundle has the backbone {source_recipe.backbone}, not {recipe.backbone}; "
            f"give --backbone {source_recipe.backbone}."
        )
    donor = build(source_recipe.overridden(fine_tune="all"), len(source_classes))
    load_weights(donor, source)
    network.base.set_weights(donor.base.get_weights())
    own, other = network.head.get_weights(), donor.head.get_weights()
    fits = same_classes and [array.shape for array in own] == [array.shape for array in other]
    if fits:
        network.head.set_weights(other)
    return fits


def load_weights(network: Network, path: Path) -> None:
    """Load ``model.weights.h5`` into the whole network.

    Raises:
        UserError: the file cannot be read or belongs to another network.
    """
    try:
        network.model.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        raise UserError(f"{path} does not fit its recipe: {_first_line(error)}") from None


def _base(recipe: Recipe, size: int | None, *, weights: str | None) -> keras.Model:
    return BACKBONES[recipe.backbone].build(include_top=False, weights=weights, input_shape=(size, size, 3))


def _head(recipe: Recipe, feature_shape: tuple[int, int, int], class_count: int) -> keras.Model:
    layers: list[keras.layers.Layer] = [keras.Input(feature_shape)]
    if recipe.head == "flatten":
        layers += [
            keras.layers.Flatten(),
            keras.layers.Dense(recipe.hidden_units, activation="relu", name="hidden"),
        ]
    else:
        layers.append(keras.layers.GlobalAveragePooling2D())
    layers += [
        keras.layers.Dropout(recipe.dropout),
        # Always float32, since the loss is computed from the logits.
        keras.layers.Dense(class_count, dtype="float32", name="logits"),
    ]
    return keras.Sequential(layers, name="head")


def _freeze(base: keras.Model, recipe: Recipe) -> None:
    names = [layer.name for layer in base.layers]
    if recipe.fine_tune == "none":
        base.trainable = False
        # BatchNorm of a frozen layer is in inference mode, dropout is not.
        for layer in base.layers:
            if isinstance(layer, keras.layers.Dropout):
                layer.rate = 0
    elif recipe.fine_tune != "all":
        if recipe.fine_tune not in names:
            keywords = "all" if recipe.mask_loss else "all, none"
            convolutions = [layer.name for layer in base.layers if "conv" in type(layer).__name__.lower()]
            examples = convolutions[:: -(-len(convolutions) // _LAYERS_LISTED)]
            raise UserError(
                f"{recipe.backbone} has no layer {recipe.fine_tune!r} to train from; give --fine-tune "
                f"{keywords}, or one of its layers, such as {', '.join(examples)}."
            )
        for layer in base.layers[: names.index(recipe.fine_tune)]:
            layer.trainable = False
    if recipe.batch_norm == "inference":
        for layer in base.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False


@contextmanager
def _dtype_policy(name: str) -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:200]
