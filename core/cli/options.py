"""Arguments and options that several commands share."""

import functools
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from core.augmentation.ranges import AUGMENTATIONS, load_augmentation
from core.bundle import command_line
from core.cli.console import console
from core.cli.data_options import DATA_PANEL, DataOptions
from core.files import expand_user
from core.recipe import EARLIER_RECIPES, RECIPES, WEIGHTS_BY_NAME, Recipe, load_recipe

if TYPE_CHECKING:
    from core.experiments.request import Request

BUNDLE_HELP = "Bundle folder, or USER/REPO[@REVISION] on the Hugging Face Hub."
RECIPE_PANEL = "Recipe"

BundleName = Annotated[str, typer.Argument(metavar="BUNDLE", help=BUNDLE_HELP)]
OptionalReport = Annotated[
    Path | None, typer.Option(help="Also write the results to this JSON file; must not exist yet.")
]
Report = Annotated[Path, typer.Option(help="JSON file for the results; must not exist yet.")]
Resume = Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")]
Folds = Annotated[int, typer.Option(min=2, help="Number of folds.")]
PublishedFolds = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="CSV or .xlsx table of published folds, with columns file and fold (or kFold). Data sets that "
        "it does not list get drawn folds.",
    ),
]


def _by_recipe(field: Callable[[Recipe], object]) -> str:
    """Return the default of an option: a value for each built-in recipe."""
    return ", ".join(f"{name}: {field(recipe)}" for name, recipe in RECIPES.items())


def _augmentation_name(recipe: Recipe) -> str:
    return next(name for name, value in AUGMENTATIONS.items() if value == recipe.augmentation)


def _recipe_option(help_text: str, field: Callable[[Recipe], object]) -> Any:
    return typer.Option(help=help_text, show_default=_by_recipe(field), rich_help_panel=RECIPE_PANEL)


@dataclass(frozen=True, kw_only=True)
class ExperimentOptions(DataOptions):
    """Options of every command that trains."""

    allow_missing: Annotated[
        bool,
        typer.Option(
            "--allow-missing",
            help="Train although more than a tenth of the images of a class cannot be read.",
            rich_help_panel=DATA_PANEL,
        ),
    ] = False
    positive_class: Annotated[
        str | None,
        typer.Option(
            help="Class to detect. Its threshold is chosen for a sensitivity of 0.95 on the validation set.",
            show_default="malignant, if there is such a class",
        ),
    ] = None
    weights: Annotated[
        str | None,
        typer.Option(
            help="Initial weights: imagenet, none, a Keras .h5 file without top layers, or a bundle.",
            show_default="imagenet; none for tiny",
        ),
    ] = None
    seed: Annotated[
        int,
        typer.Option(
            min=0, max=2**32 - 1, help="Random seed of the split, the initial weights and the augmentation."
        ),
    ] = 0
    resume: Resume = False

    def build_recipe(self) -> Recipe:
        """Return the recipe that the options describe."""
        return self._with_weights(RECIPES["paper"])

    def request(self, data: list[str], output: Path) -> "Request":
        """Return the request for a training, or for several.

        Args:
            data: data sets, as the command's argument names them.
            output: folder or file to write.

        Raises:
            UserError: the recipe or one of its values is not valid.
        """
        from core.experiments.request import Request

        recipe = self.build_recipe()
        return Request(
            data=self.data(data, allow_missing=self.allow_missing),
            output=output,
            recipe=recipe,
            weights=self.weights or recipe.weights,
            positive_class=self.positive_class,
            seed=self.seed,
            resume=self.resume,
            command=command_line.publish(sys.argv[1:]),
        )

    def _with_weights(self, recipe: Recipe, **changes: Any) -> Recipe:
        """Return a recipe with the changes; the name of a weights file or bundle is added later."""
        weights = self.weights if self.weights in WEIGHTS_BY_NAME else None
        return recipe.overridden(weights=weights, **changes)


@dataclass(frozen=True, kw_only=True)
class TrainingOptions(ExperimentOptions):
    """Options of the commands that train one recipe: each one given replaces a field of the recipe."""

    recipe: Annotated[
        str,
        typer.Option(
            help="`paper`, `recommended`, or a JSON file. The options below override its fields.",
            rich_help_panel=RECIPE_PANEL,
        ),
    ] = "paper"
    backbone: Annotated[
        str | None,
        _recipe_option(
            "Any network of keras.applications, efficientnet_lite0 to 2, or tiny.",
            lambda recipe: recipe.backbone,
        ),
    ] = None
    head: Annotated[
        Literal["flatten", "average"] | None,
        _recipe_option(
            "flatten: dense layer on the flattened feature map; average: global average pooling.",
            lambda recipe: recipe.head,
        ),
    ] = None
    fine_tune: Annotated[
        str | None,
        _recipe_option(
            "Layers of the backbone to train: none, all, or LAYER and those after it.",
            lambda recipe: recipe.fine_tune,
        ),
    ] = None
    image_size: Annotated[
        int | None,
        _recipe_option(
            "Side length of the network's input in pixels.", lambda recipe: recipe.preprocessing.image_size
        ),
    ] = None
    augmentation: Annotated[
        str | None, _recipe_option(f"{', '.join(AUGMENTATIONS)}, or a JSON file.", _augmentation_name)
    ] = None
    epochs: Annotated[int | None, _recipe_option("Number of epochs.", lambda recipe: recipe.epochs)] = None
    batch_size: Annotated[
        int | None, _recipe_option("Images per training step.", lambda recipe: recipe.batch_size)
    ] = None
    learning_rate: Annotated[
        float | None,
        _recipe_option("Peak learning rate of Adam or AdamW.", lambda recipe: recipe.learning_rate),
    ] = None
    precision: Annotated[
        Literal["float32", "bfloat16", "auto"] | None,
        _recipe_option(
            "Precision while training; exported models are float32. auto: bfloat16 where the machine "
            "multiplies it, else float32.",
            lambda recipe: recipe.precision,
        ),
    ] = None

    def build_recipe(self) -> Recipe:
        """Return the recipe that the options describe, and say where it is not that of today."""
        if self.recipe in EARLIER_RECIPES:
            file = EARLIER_RECIPES[self.recipe]
            console.print(
                f"{self.recipe} is the recipe that was recommended before, chosen on BUSI alone "
                f"({file.relative_to(file.parents[2])}); recommended is another now."
            )
        return self._with_weights(
            load_recipe(self.recipe),
            augmentation=load_augmentation(self.augmentation) if self.augmentation else None,
            backbone=self.backbone,
            head=self.head,
            fine_tune=self.fine_tune,
            image_size=self.image_size,
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            precision=self.precision,
        )


def flatten(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command for Typer whose options are the fields of the dataclasses that it takes.

    Args:
        command: function with Typer's annotations. A parameter whose type is a dataclass is replaced by the
            fields of that dataclass, and the function gets the object made of them. In every path ``~`` is
            the home folder, which a shell leaves as it is in --output=~/x and on Windows.
    """
    groups: dict[str, Any] = {}
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        group = parameter.annotation
        if isinstance(group, type) and is_dataclass(group):
            groups[parameter.name] = group
            parameters += inspect.signature(group).parameters.values()
        else:
            parameters.append(parameter)

    @functools.wraps(command)
    def flat(**options: Any) -> None:
        options = {name: _expanded(value) for name, value in options.items()}
        for name, group in groups.items():
            options[name] = group(**{field.name: options.pop(field.name) for field in fields(group)})
        command(**options)

    by_keyword = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    flat.__signature__ = inspect.Signature(by_keyword)  # type: ignore[attr-defined] # read by Typer
    return flat


def _expanded(value: Any) -> Any:
    """Return a value of an option with the home folder in its paths."""
    if isinstance(value, Path):
        return expand_user(value)
    return [_expanded(one) for one in value] if isinstance(value, list) else value
