"""The size of a network's ONNX graph, known before it is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import UserError
from core.files import size_in_words

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras

    from core.recipe import Recipe

# Protobuf, the format of an ONNX file, holds at most 2 GB; what is not weights needs a few megabytes.
MAX_WEIGHT_BYTES = 2**31 - 2**24
_BYTES = 4  # float32
_STEP = 32  # pixels; all backbones halve their input five times at most


def check_graph_size(
    recipe: Recipe, base: keras.Model, class_count: int, any_size: Callable[[], keras.Model], min_size: int
) -> None:
    """Refuse a network whose graph could not be written after its last epoch.

    Args:
        recipe: recipe of the training.
        base: base of the network.
        class_count: number of classes C.
        any_size: function that builds the same base for inputs of any size.
        min_size: smallest side of the backbone's input, pixels.

    Raises:
        UserError: the graph would be too large; the message names the largest input size that works.
    """
    own = _weight_bytes(recipe, base, class_count, base.output_shape)
    if own <= MAX_WEIGHT_BYTES:
        return
    side, flexible = recipe.preprocessing.image_size, any_size()

    def fits(size: int) -> bool:
        shape = flexible.compute_output_shape((None, size, size, 3))
        return _weight_bytes(recipe, base, class_count, shape) <= MAX_WEIGHT_BYTES

    smaller = range((side - 1) // _STEP * _STEP, min_size - 1, -_STEP)
    largest = next((size for size in smaller if fits(size)), None)
    remedy = "give --head average" + (f", or --image-size {largest} or less" if largest else "")
    raise UserError(
        f"{recipe.backbone} with a flatten head of {recipe.hidden_units} units has {size_in_words(own)} of "
        f"weights at {side} pixels, and a bundle holds {size_in_words(MAX_WEIGHT_BYTES)}; {remedy}."
    )


def _weight_bytes(
    recipe: Recipe, base: keras.Model, class_count: int, feature_shape: tuple[int | None, ...]
) -> int:
    _, height, width, channels = (side or 0 for side in feature_shape)
    if recipe.head == "flatten":
        inputs, hidden = height * width * channels, recipe.hidden_units
        head = (inputs + 1) * hidden + (hidden + 1) * class_count
    else:
        head = (channels + 1) * class_count
    return _BYTES * (base.count_params() + head)
