"""Everything about a training except which files take part: pure data, stored whole in every bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from core.errors import UserError

Range = tuple[float, float]
BackboneName = Literal[
    "inception_resnet_v2", "xception", "densenet121", "efficientnet_v2_b0", "mobilenet_v2", "compact", "tiny"
]
Keep = Literal["best", "last"]
TONES = ("brightness_range", "contrast_range", "gamma_range", "depth_gain_range", "speckle_range")
WITHOUT_WEIGHTS = ("compact", "tiny")
CHANGED = ", changed"
Model = TypeVar("Model", bound=BaseModel)


def _zoom_pair(value: Any) -> Any:
    """Read a single zoom z as Keras does: the range [1 - z, 1 + z]."""
    return (1 - value, 1 + value) if isinstance(value, int | float) else value


class Strict(BaseModel):
    """Immutable data that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Augmentation(Strict):
    """Ranges from which each picture's change is drawn, named as in Keras's ImageDataGenerator.

    Geometry has that generator's exact meaning. ``shear_range`` is therefore in **degrees**, and the two
    axes zoom independently. Pixels outside the picture take the value of the nearest pixel inside.
    """

    # Every number is a float, defaults too: the same ranges look the same whoever wrote them.
    model_config = ConfigDict(validate_default=True)

    rotation_range: float = Field(0, ge=0, le=180, description="degrees, drawn from [-r, r]")
    width_shift_range: float = Field(0, ge=0, lt=1, description="share of the width, drawn from [-r, r]")
    height_shift_range: float = Field(0, ge=0, lt=1, description="share of the height, drawn from [-r, r]")
    shear_range: float = Field(0, ge=0, lt=90, description="degrees, drawn from [-r, r]")
    zoom_range: Annotated[Range, BeforeValidator(_zoom_pair)] = Field(
        (1, 1), description="factors, drawn for each axis on its own; above 1 shows more"
    )
    horizontal_flip: bool = Field(default=False, description="mirrored left to right half of the time")
    brightness_range: Range = Field((1, 1), description="factors on the grey value")
    contrast_range: Range = Field((1, 1), description="factors on the distance from mid-grey (127.5)")
    gamma_range: Range = Field((1, 1), description="exponents on the grey value scaled to [0, 1]")
    depth_gain_range: Range = Field(
        (1, 1), description="factors on the grey value at the bottom; their inverses at the top"
    )
    speckle_range: Range = Field(
        (0, 0), description="standard deviations of speckle noise on white, scaled to [0, 1]"
    )

    @model_validator(mode="after")
    def _ranges_are_ordered(self) -> Augmentation:
        for name in ("zoom_range", *TONES):
            low, high = getattr(self, name)
            if name == "speckle_range":
                valid, numbers = 0 <= low <= high <= 1, "numbers in [0, 1]"
            else:
                valid, numbers = 0 < low <= high, "positive numbers"
            if not valid:
                raise ValueError(f"{name} must be two {numbers}, the smaller first, not {low}, {high}")
        return self


AUGMENTATIONS = {
    # Table 1 of the paper (Nikmah et al. 2024).
    "paper": Augmentation(rotation_range=20, shear_range=0.2, zoom_range=(0.8, 1.2)),
    "none": Augmentation(),
    "strong": Augmentation(
        rotation_range=20,
        width_shift_range=0.1,
        height_shift_range=0.1,
        shear_range=10,
        zoom_range=(0.8, 1.2),
        horizontal_flip=True,
        brightness_range=(0.8, 1.2),
        contrast_range=(0.8, 1.2),
        gamma_range=(0.8, 1.25),
    ),
    # For pictures of other machines and other settings, in the spirit of BigAug (Zhang et al. 2020, IEEE
    # Trans. Med. Imaging 39(7), 2531-2540). How far it reaches was chosen by eye on BUSI, not by a measured
    # benefit: a little further, and nobody would keep the picture.
    "wide": Augmentation(
        rotation_range=20,
        width_shift_range=0.1,
        height_shift_range=0.1,
        shear_range=10,
        zoom_range=(0.7, 1.3),
        horizontal_flip=True,
        brightness_range=(0.75, 1.25),
        contrast_range=(0.7, 1.3),
        gamma_range=(0.7, 1.4),
        depth_gain_range=(0.75, 1.33),
        speckle_range=(0, 0.06),
    ),
}


class Preprocessing(Strict):
    """How a picture of any size becomes the uint8 RGB square that the network sees."""

    image_size: int = Field(150, ge=32, le=1024, description="side of the square, pixels")
    fit: Literal["squash", "letterbox"] = Field(
        "squash", description="letterbox keeps the aspect, pads black"
    )
    border_crop: float = Field(0, ge=0, lt=0.5, description="share cut from each side before fitting")
    interpolation: Literal["nearest", "bilinear"] = "nearest"


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
        0.5, ge=0, le=1, description="of the teachers in the targets, where there are soft labels"
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
        default=False, description="logits are averaged over the picture and its mirror image"
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
    # Chosen on validation parts of BUSI: docs/RESULTS.md says how, and how little was compared.
    "honest": Recipe(
        name="honest",
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
    # A student for `--soft-labels`: small enough to travel with the app.
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


def parse(model: type[Model], data: Any, *, what: str) -> Model:
    """Validate data, with a one-sentence UserError that names the first wrong field."""
    try:
        if isinstance(data, str | bytes):
            return model.model_validate_json(data)
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        reason = first["msg"].removeprefix("Value error, ")
        raise UserError(f"{what} is not valid: {field}{': ' if field else ''}{reason}.") from None


def _named_or_file(name: str, named: dict[str, Model], model: type[Model], *, what: str) -> Model:
    if name in named:
        return named[name]
    path = Path(name)
    if not path.is_file():
        raise UserError(f"{what} {name!r} is neither {', '.join(named)} nor a JSON file that exists.")
    return parse(model, path.read_bytes(), what=f"{what} {path}")


def load_recipe(name: str) -> Recipe:
    """Return a built-in recipe by its name, or read one from a JSON file.

    Raises:
        UserError: no such recipe or file, or the file is not a recipe.
    """
    return _named_or_file(name, RECIPES, Recipe, what="recipe")


def load_augmentation(name: str) -> Augmentation:
    """Return a built-in augmentation by its name, or read one from a JSON file.

    Raises:
        UserError: no such augmentation or file, or the file is not an augmentation.
    """
    return _named_or_file(name, AUGMENTATIONS, Augmentation, what="augmentation")
