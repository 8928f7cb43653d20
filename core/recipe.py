"""The training recipe: every hyperparameter, but no data. It is stored in every bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from core.augmentation.ranges import AUGMENTATIONS, Augmentation
from core.backbone_names import BACKBONES_WITHOUT_WEIGHTS, BackboneName
from core.files import expand_user
from core.images.preprocessing import Preprocessing
from core.schema import Strict, load_named, parse, without_removed

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


def kept_epoch(history: pd.DataFrame, keep: Keep) -> int:
    """Return the epoch whose weights are kept, or 0 if no epoch is finished.

    Args:
        history: one row per finished epoch, with ``epoch``, ``val_accuracy`` and ``val_loss``.
        keep: ``last``, or ``best``: the highest validation accuracy; ties go to the lowest validation loss.
    """
    if history.empty:
        return 0
    if keep == "last":
        return int(history["epoch"].max())
    ranked = history.sort_values(["val_accuracy", "val_loss", "epoch"], ascending=[False, True, True])
    return int(ranked["epoch"].iloc[0])


Keep = Literal["best", "last"]
WEIGHTS_BY_NAME = ("imagenet", "none")  # what starting weights may be called that are no file or bundle
# A recipe that was recommended before, by the name that it has now → its file.
EARLIER_RECIPES = {"honest": Path(__file__).parents[1] / "docs" / "results" / "honest_recipe.json"}
# Fields of earlier versions → the value with which they did nothing; None: no value did anything.
REMOVED_FIELDS = {"soft_label_share": None, "ema_momentum": 0}
_CHANGED = ", changed"
MAX_NAME = 60  # characters


def _named_augmentation(value: Any) -> Any:
    """Replace the name of a built-in augmentation by its ranges."""
    if isinstance(value, str) and value not in AUGMENTATIONS:
        raise ValueError(f"{value!r} is neither {', '.join(AUGMENTATIONS)} nor a set of ranges")
    return AUGMENTATIONS[value] if isinstance(value, str) else value


class Recipe(Strict):
    """Hyperparameters of a training. The defaults are the paper's, except for input scaling."""

    name: str = Field("custom", max_length=MAX_NAME)
    backbone: BackboneName = "inception_resnet_v2"
    weights: str = Field(
        "imagenet", description="initial weights: imagenet, none, or a weights file or bundle"
    )
    head: Literal["flatten", "average"] = Field(
        "flatten",
        description="flatten: dense ReLU layer, dropout, softmax; average: global average, dropout, softmax",
    )
    hidden_units: int = Field(256, ge=1, le=4096, description="units of the flatten head's dense layer")
    dropout: float = Field(0.2, ge=0, lt=1)
    fine_tune: str = Field("none", description="none, all, or the name of the first trainable layer")
    batch_norm: Literal["train", "inference"] = Field(
        "train",
        description="inference: the base's batch normalisation keeps its initial statistics",
    )
    preprocessing: Preprocessing = Preprocessing()
    input_scaling: Literal["unit", "backbone"] = Field(
        "backbone", description="unit: grey values to [0, 1]; backbone: as in the backbone's pretraining"
    )
    augmentation: Annotated[Augmentation, BeforeValidator(_named_augmentation)] = AUGMENTATIONS["paper"]
    epochs: int = Field(10, ge=1, le=10_000)
    batch_size: int = Field(8, ge=1, le=4096)
    learning_rate: float = Field(0.001, gt=0, le=10, description="peak learning rate of Adam or AdamW")
    schedule: Literal["constant", "cosine"] = Field(
        "constant", description="cosine: the learning rate decays to 0 at the last step"
    )
    warmup_epochs: float = Field(
        0, ge=0, le=10_000, description="epochs of linear warm-up of the learning rate from 0"
    )
    weight_decay: float = Field(
        0, ge=0, le=1, description="weight decay of AdamW, biases excluded; 0 is Adam"
    )
    label_smoothing: float = Field(0, ge=0, lt=1)
    class_weight: Literal["none", "balanced"] = Field(
        "none", description="balanced: every class has the same total weight in the loss"
    )
    sampling: Literal["shuffled", "balanced"] = Field(
        "shuffled",
        description="balanced: every class of every source is in each batch equally often; images of rare "
        "ones recur within an epoch, and each epoch leaves out others of the frequent ones",
    )
    mask_loss: float = Field(
        0,
        ge=0,
        le=10,
        description="weight of the auxiliary segmentation loss, where there are segmentation masks",
    )
    mixup: float = Field(0, ge=0, le=10, description="alpha of mixup's Beta distribution; 0 is no mixup")
    keep: Keep = Field("best", description="keep the epoch with the best validation accuracy, or the last")
    flip_averaging: bool = Field(
        default=False, description="average the logits of the image and its mirror image"
    )
    precision: Literal["float32", "bfloat16", "auto"] = Field(
        "float32",
        description="precision while training; auto: bfloat16 where the machine multiplies it, else float32",
    )

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_versions(cls, data: Any) -> Any:
        """Drop fields of earlier versions that changed nothing; what they recommended is now ``honest``."""
        if not isinstance(data, dict):
            return data
        current = without_removed(data, REMOVED_FIELDS)
        if "soft_label_share" in data and current.get("name") in ("recommended", f"recommended{_CHANGED}"):
            current["name"] = current["name"].replace("recommended", "honest")
        return current

    @model_validator(mode="before")
    @classmethod
    def _default_weights(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("backbone") in BACKBONES_WITHOUT_WEIGHTS:
            return {"weights": "none", **data}
        return data

    @model_validator(mode="after")
    def _mask_loss_needs_a_trained_base(self) -> Recipe:
        if self.mask_loss and self.fine_tune == "none":
            raise ValueError(
                f"mask_loss {self.mask_loss:g} trains the base, but fine_tune none freezes it; give "
                "--fine-tune all or a layer, or a recipe file with mask_loss 0"
            )
        return self

    @model_validator(mode="after")
    def _classes_are_balanced_once(self) -> Recipe:
        if self.sampling == "balanced" and self.class_weight == "balanced":
            raise ValueError(
                "sampling and class_weight would both balance the classes; give one of the two as balanced"
            )
        return self

    def overridden(self, **fields: Any) -> Recipe:
        """Return a validated copy with some fields replaced.

        Where the new backbone has ImageNet weights and the old one has none, or the other way round,
        ``weights`` follows unless it is given. The copy's name ends in ", changed" if any field but
        ``weights`` differs.

        Args:
            **fields: new values by field name, ``image_size`` for the preprocessing; None keeps the old one.

        Raises:
            UserError: a value is not allowed.
        """
        given = {name: value for name, value in fields.items() if value is not None}
        data = self.model_dump()
        if "image_size" in given:
            data["preprocessing"]["image_size"] = given.pop("image_size")
        if "backbone" in given:
            before, after = (name in BACKBONES_WITHOUT_WEIGHTS for name in (self.backbone, given["backbone"]))
            if before != after:
                given.setdefault("weights", "none" if after else "imagenet")
        changed = parse(Recipe, data | given, what="the recipe")
        if changed == self.model_copy(update={"weights": changed.weights}) or self.name.endswith(_CHANGED):
            return changed
        return changed.model_copy(update={"name": self.name + _CHANGED})


RECIPES = {
    "paper": Recipe(name="paper", input_scaling="unit"),
    # Chosen on validation sets of BUSI and BUS-BRA; docs/RESULTS.md describes how.
    "recommended": Recipe(
        name="recommended",
        backbone="efficientnet_lite0",
        head="average",
        dropout=0.3,
        fine_tune="all",
        batch_norm="inference",
        preprocessing=Preprocessing(image_size=224, fit="letterbox", interpolation="bilinear"),
        augmentation=AUGMENTATIONS["strong"],
        epochs=10,
        batch_size=16,
        learning_rate=4e-4,
        schedule="cosine",
        warmup_epochs=1,
        weight_decay=0.01,
        label_smoothing=0.1,
        sampling="balanced",
        mask_loss=0.5,
        mixup=0.2,
        keep="last",
        flip_averaging=True,
    ),
}


def with_changes(fields: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a recipe with changes, neither of them validated.

    Args:
        fields: fields of a recipe by name, as in a JSON file.
        changes: new values by field name. A group, the preprocessing or the augmentation, changes only the
            fields that it names.
    """
    changed = {**fields, **changes}
    for name, description in Recipe.model_fields.items():
        default, change = description.default, changes.get(name)
        if isinstance(default, Strict) and isinstance(change, dict):
            group = fields.get(name, default)
            group = AUGMENTATIONS.get(group, group) if isinstance(group, str) else group
            group = group.model_dump() if isinstance(group, Strict) else group
            changed[name] = {**group, **change} if isinstance(group, dict) else group
    return changed


def load_recipe(name: str) -> Recipe:
    """Return a built-in recipe by name, or read one from a JSON file.

    Args:
        name: name of a built-in recipe or of ``EARLIER_RECIPES``, or path of a JSON file, with ``~`` for the
            home folder.

    Raises:
        UserError: there is no such recipe or file, or the file is not a valid recipe.
    """
    path = EARLIER_RECIPES.get(name, expand_user(name))
    return load_named(str(path), RECIPES, Recipe, what="recipe")
