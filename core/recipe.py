"""Everything about a training except which files take part: pure data, stored whole in every bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from core.augmentation.ranges import AUGMENTATIONS, Augmentation
from core.images.preprocessing import Preprocessing
from core.schema import Strict, load_named, parse

if TYPE_CHECKING:
    import pandas as pd


def kept_epoch(history: pd.DataFrame, keep: Keep) -> int:
    """Return the epoch whose network is kept.

    Args:
        history: one row per finished epoch.
        keep: ``last``, or ``best``: the highest val_accuracy; of several, the one with the lowest val_loss.

    Returns:
        0 where no epoch is finished.
    """
    if history.empty:
        return 0
    if keep == "last":
        return int(history["epoch"].max())
    ranked = history.sort_values(["val_accuracy", "val_loss", "epoch"], ascending=[False, True, True])
    return int(ranked["epoch"].iloc[0])


BackboneName = Literal[
    "inception_resnet_v2", "xception", "densenet121", "efficientnet_v2_b0", "mobilenet_v2", "compact", "tiny"
]
Keep = Literal["best", "last"]
WITHOUT_WEIGHTS = ("compact", "tiny")
CHANGED = ", changed"


def _preset(value: Any) -> Any:
    """Read the name of an augmentation as its ranges."""
    if isinstance(value, str) and value not in AUGMENTATIONS:
        raise ValueError(f"{value!r} is neither {', '.join(AUGMENTATIONS)} nor ranges of your own")
    return AUGMENTATIONS[value] if isinstance(value, str) else value


class Recipe(Strict):
    """One training, apart from its data. The defaults are the paper's, input scaling excepted."""

    name: str = Field("custom", max_length=60)
    backbone: BackboneName = "inception_resnet_v2"
    weights: str = Field("imagenet", description="imagenet, none, or the file or bundle that was loaded")
    head: Literal["flatten", "average"] = Field(
        "flatten", description="flatten: dense ReLU layer, dropout, softmax; average: mean, dropout, softmax"
    )
    hidden_units: int = Field(256, ge=1, le=4096, description="of the flatten head")
    dropout: float = Field(0.2, ge=0, lt=1)
    fine_tune: str = Field("none", description="none, all, or the first layer of the base that trains")
    batch_norm: Literal["train", "inference"] = Field(
        "train",
        description="inference: the base's BatchNorm layers keep the statistics they were loaded with",
    )
    preprocessing: Preprocessing = Preprocessing()
    input_scaling: Literal["unit", "backbone"] = Field(
        "backbone", description="unit: grey values to [0, 1]; backbone: as the weights were trained"
    )
    augmentation: Annotated[Augmentation, BeforeValidator(_preset)] = AUGMENTATIONS["paper"]
    epochs: int = Field(10, ge=1, le=10_000)
    batch_size: int = Field(8, ge=1, le=4096)
    learning_rate: float = Field(0.001, gt=0, le=10, description="of Adam, at its highest")
    schedule: Literal["constant", "cosine"] = Field(
        "constant", description="cosine: the learning rate falls to 0 at the last step"
    )
    warmup_epochs: float = Field(0, ge=0, description="epochs in which the learning rate rises from 0")
    weight_decay: float = Field(0, ge=0, le=1, description="of AdamW; 0 is Adam. Biases do not decay")
    label_smoothing: float = Field(0, ge=0, lt=1)
    class_weight: Literal["none", "balanced"] = Field(
        "none", description="balanced: each class counts as much as any other in the loss"
    )
    soft_label_share: float = Field(
        0.5, ge=0, le=1, description="of soft labels in the targets; earlier versions could learn from them"
    )
    mask_loss: float = Field(
        0, ge=0, le=10, description="weight of a second task, where there are masks: to show the lesion"
    )
    mixup: float = Field(0, ge=0, le=10, description="alpha of the Beta distribution; 0 mixes nothing")
    ema_momentum: float = Field(
        0, ge=0, lt=1, description="of the moving average of weights that is judged and kept; 0 for none"
    )
    keep: Keep = Field("best", description="the epoch with the best validation accuracy, or the last one")
    flip_averaging: bool = Field(
        default=False, description="logits are averaged over the image and its mirror image"
    )
    precision: Literal["float32", "bfloat16"] = "float32"

    @model_validator(mode="before")
    @classmethod
    def _some_have_no_imagenet_weights(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("backbone") in WITHOUT_WEIGHTS:
            return {"weights": "none", **data}
        return data

    @model_validator(mode="after")
    def _masks_teach_the_base(self) -> Recipe:
        if self.mask_loss and self.fine_tune == "none":
            raise ValueError(
                f"its second task (mask_loss {self.mask_loss:g}) teaches the base, which fine_tune none "
                "freezes; give --fine-tune all or a layer, or a recipe file with mask_loss 0"
            )
        return self

    def overridden(self, **fields: Any) -> Recipe:
        """Return a copy in which the fields that are not None replace this recipe's.

        ``image_size`` reaches into the preprocessing. A backbone that has ImageNet weights in the place of
        one that has none gets them, unless ``weights`` are given, and the other way round. The copy is
        validated, and its name says so if anything but the weights is another now.

        Raises:
            UserError: a value is not allowed.
        """
        given = {name: value for name, value in fields.items() if value is not None}
        data = self.model_dump()
        if "image_size" in given:
            data["preprocessing"]["image_size"] = given.pop("image_size")
        if "backbone" in given:
            before, after = (name in WITHOUT_WEIGHTS for name in (self.backbone, given["backbone"]))
            if before != after:
                given.setdefault("weights", "none" if after else "imagenet")
        changed = parse(Recipe, data | given, what="the recipe")
        if changed == self.model_copy(update={"weights": changed.weights}) or self.name.endswith(CHANGED):
            return changed
        return changed.model_copy(update={"name": self.name + CHANGED})


RECIPES = {
    "paper": Recipe(name="paper", input_scaling="unit"),
    # Chosen on validation sets of BUSI: docs/RESULTS.md says how, and how little was compared.
    "recommended": Recipe(
        name="recommended",
        backbone="xception",
        head="average",
        dropout=0.3,
        fine_tune="block5_sepconv1_act",
        batch_norm="inference",
        preprocessing=Preprocessing(image_size=192, interpolation="bilinear"),
        augmentation=AUGMENTATIONS["strong"],
        epochs=10,
        batch_size=16,
        learning_rate=2e-4,
        schedule="cosine",
        warmup_epochs=1,
        weight_decay=0.01,
        label_smoothing=0.1,
        class_weight="balanced",
        mask_loss=0.5,
        mixup=0.2,
        keep="last",
        flip_averaging=True,
        precision="bfloat16",
    ),
    # Small enough to travel with the app.
    "compact": Recipe(
        name="compact",
        backbone="compact",
        weights="none",
        head="average",
        fine_tune="all",
        preprocessing=Preprocessing(image_size=150, interpolation="bilinear"),
        augmentation=AUGMENTATIONS["strong"],
        epochs=80,
        batch_size=16,
        schedule="cosine",
        warmup_epochs=3,
        weight_decay=0.05,
        class_weight="balanced",
        mask_loss=0.5,
        mixup=0.2,
        keep="last",
        flip_averaging=True,
        precision="bfloat16",
    ),
}


_EARLIER_NAMES = {"honest": "recommended"}


def load_recipe(name: str) -> Recipe:
    """Return a built-in recipe by its name, or read one from a JSON file.

    Args:
        name: of a built-in recipe (``honest`` is the earlier name of ``recommended``), or a path.

    Raises:
        UserError: no such recipe or file, or the file is not a recipe.
    """
    return load_named(_EARLIER_NAMES.get(name, name), RECIPES, Recipe, what="recipe")
