"""Train, evaluate, publish: the command line. It parses, calls core, and shows progress."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from typer.exceptions import TyperException

from core.augmentation.ranges import AUGMENTATIONS, load_augmentation
from core.cli.tables import (
    audit_table,
    comparison_tables,
    describe_prediction,
    differences_table,
    metrics_table,
    positive_table,
    search_table,
    spread_table,
)
from core.errors import UserError
from core.recipe import RECIPES, load_recipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.experiments.request import Request
    from core.recipe import Recipe

# TensorFlow reads this when it is imported, and tells of its own affairs otherwise.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Train a breast-ultrasound classifier, see what its numbers are worth, and publish it.\n\n"
    "For teaching and research. **Not a medical device.**",
)
errors = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
console = Console(highlight=False, markup=False, soft_wrap=True)

INTERRUPTED = 130
BUNDLE = "A bundle's folder, or USER/REPO[@REVISION] on the Hugging Face Hub."
DATA = (
    "A folder with one sub-folder per class, its ZIP, hf://datasets/USER/NAME[@REVISION] on the Hub, "
    "or the word `phantom` for simulated images."
)


def _of_recipes(field: Callable[[Recipe], object]) -> str:
    """Return what each built-in recipe has for an option that is not given."""
    return ", ".join(f"{name}: {field(recipe)}" for name, recipe in RECIPES.items())


def _augmentation_name(recipe: Recipe) -> str:
    return next(name for name, value in AUGMENTATIONS.items() if value == recipe.augmentation)


# The options that train, cross-validate and compare share.
Data = Annotated[str, typer.Argument(metavar="DATA", help=DATA)]
RecipeName = Annotated[
    str,
    typer.Option(
        help="`paper`, `recommended`, `compact`, or a JSON file. Options change single fields of it."
    ),
]
Groups = Annotated[
    Path | None,
    typer.Option(help="CSV with columns file, group: patient ids, never parted by the split."),
]
PositiveClass = Annotated[
    str | None,
    typer.Option(
        help="The class to find: its threshold is chosen for a sensitivity of 0.95 on validation.",
        show_default="malignant, if there is such a class",
    ),
]
Backbone = Annotated[
    str | None,
    typer.Option(
        help="inception_resnet_v2, xception, densenet121, efficientnet_v2_b0, mobilenet_v2, compact, tiny.",
        show_default=_of_recipes(lambda recipe: recipe.backbone),
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(
        help="imagenet, none, a Keras .h5 file without top layers, or a bundle to train further.",
        show_default="imagenet; none for compact and tiny",
    ),
]
Head = Annotated[
    Literal["flatten", "average"] | None,
    typer.Option(
        help="flatten: all cells to a dense layer; average: their mean.",
        show_default=_of_recipes(lambda recipe: recipe.head),
    ),
]
FineTune = Annotated[
    str | None,
    typer.Option(
        help="none, all, or the first LAYER of the base that trains.",
        show_default=_of_recipes(lambda recipe: recipe.fine_tune),
    ),
]
ImageSize = Annotated[
    int | None,
    typer.Option(
        help="Side in pixels.", show_default=_of_recipes(lambda recipe: recipe.preprocessing.image_size)
    ),
]
AugmentationName = Annotated[
    str | None,
    typer.Option(
        help=f"{', '.join(AUGMENTATIONS)}, or a JSON file.", show_default=_of_recipes(_augmentation_name)
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        help="How often each training image is seen.",
        show_default=_of_recipes(lambda recipe: recipe.epochs),
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(help="Images a step.", show_default=_of_recipes(lambda recipe: recipe.batch_size)),
]
LearningRate = Annotated[
    float | None,
    typer.Option(
        help="Of Adam or AdamW, at its highest.",
        show_default=_of_recipes(lambda recipe: recipe.learning_rate),
    ),
]
Precision = Annotated[
    Literal["float32", "bfloat16"] | None,
    typer.Option(
        help="Of training only; results are always float32.",
        show_default=_of_recipes(lambda recipe: recipe.precision),
    ),
]
Seed = Annotated[
    int, typer.Option(min=0, max=2**32 - 1, help="Of the split, the weights and the augmentation.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with what was interrupted.")]


class Bars:
    """Progress bars on a terminal; a line for each finished step elsewhere."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=errors,
            disable=not errors.is_terminal,
        )
        self._step: tuple[str, Any] | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show how far a step is. A new step's bar stands below the old one's."""
        key = what.partition(":")[0]
        if self._step is None or self._step[0] != key:
            self._step = (key, self._progress.add_task(what, total=total))
        self._progress.update(self._step[1], description=what, completed=done, total=total)
        if done == total and not errors.is_terminal:
            errors.print(f"{what} ({total}/{total})" if total > 1 else what)
        if done == total:
            self._step = None

    def say(self, sentence: str) -> None:
        """Print a sentence above the bars."""
        self._progress.console.print(sentence)


@app.command(
    epilog="**Examples**\n\n"
    "`python train_cli.py train phantom --output runs/demo --backbone tiny --fine-tune all`\n\n"
    "`python train_cli.py train BUSI --output runs/busi --backbone xception --head average`\n\n"
    "`python train_cli.py train BUSI --output runs/paper --protocol paper`"
)
def train(
    data: Data,
    output: Annotated[Path, typer.Option(help="The bundle's folder; must not exist yet.")],
    protocol: Annotated[
        Literal["clean", "naive", "paper"],
        typer.Option(help="Which files take part, and how they are split. Only `clean` has no known leak."),
    ] = "clean",
    recipe: RecipeName = "paper",
    groups: Groups = None,
    split: Annotated[
        Path | None,
        typer.Option(
            help="CSV with columns file, part (train, validation, test): a published split, not drawn."
        ),
    ] = None,
    positive_class: PositiveClass = None,
    backbone: Backbone = None,
    weights: Weights = None,
    head: Head = None,
    fine_tune: FineTune = None,
    image_size: ImageSize = None,
    augmentation: AugmentationName = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    precision: Precision = None,
    seed: Seed = 0,
    resume: Resume = False,
    tensorboard: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the curves as TensorBoard's event files too.")
    ] = None,
    push_to: Annotated[str | None, typer.Option(metavar="USER/REPO", help="Publish when finished.")] = None,
    private: Annotated[bool, typer.Option("--private", help="With --push-to: not for everybody.")] = False,
    tag: Annotated[str | None, typer.Option(help="With --push-to: a name for this version.")] = None,
    hide_file_names: Annotated[
        bool, typer.Option("--hide-file-names", help="With --push-to: hash prefixes in their place.")
    ] = False,
) -> None:
    """Train on an image folder and write a bundle: the model with its curves and test results."""
    from core.experiments import train as experiments_train  # noqa: PLC0415 - so that --help answers at once
    from core.hub import push as hub_push  # noqa: PLC0415 - so that --help answers at once

    if push_to:
        hub_push.check_destination(push_to)  # said now, not after hours of training
    elif private or tag or hide_file_names:
        raise UserError(
            "--private, --tag and --hide-file-names go with --push-to: name the repository, "
            "or leave them out."
        )
    request = _request(
        data=data,
        output=output,
        recipe=recipe,
        groups=groups,
        positive_class=positive_class,
        weights=weights,
        seed=seed,
        resume=resume,
        backbone=backbone,
        head=head,
        fine_tune=fine_tune,
        image_size=image_size,
        augmentation=augmentation,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        precision=precision,
    )
    request = request._replace(split=split, tensorboard=tensorboard)
    with Bars() as bars:
        experiments_train.train(request, protocol, bars, bars.say)
    console.print(f"\nThe bundle is in {output}.")
    _show_results(output)
    if tensorboard:
        logs = shlex.quote(str(tensorboard))
        console.print(f"See the curves: pip install tensorboard; tensorboard --logdir {logs}")
    if push_to:
        push(output, push_to, private=private, tag=tag, hide_file_names=hide_file_names)
    else:
        console.print(f"Open it in the app: MODEL={shlex.quote(str(output))} streamlit run streamlit_app.py")


@app.command(
    epilog="**Examples**\n\n"
    "`python train_cli.py cross-validate phantom --output runs/folds --backbone tiny --fine-tune all`\n\n"
    "`python train_cli.py cross-validate BUSI --output runs/busi-folds --backbone xception --folds 10`"
)
def cross_validate(
    data: Data,
    output: Annotated[
        Path, typer.Option(help="Folder of the folds' bundles and the results; must not exist yet.")
    ],
    folds: Annotated[int, typer.Option(min=2, help="Each is the test set once.")] = 5,
    recipe: RecipeName = "paper",
    groups: Groups = None,
    positive_class: PositiveClass = None,
    backbone: Backbone = None,
    weights: Weights = None,
    head: Head = None,
    fine_tune: FineTune = None,
    image_size: ImageSize = None,
    augmentation: AugmentationName = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    precision: Precision = None,
    seed: Seed = 0,
    resume: Resume = False,
) -> None:
    """Train on every fold of the clean split: each image is predicted once, by a network new to it."""
    from core.experiments import cross_validation  # noqa: PLC0415

    request = _request(
        data=data,
        output=output,
        recipe=recipe,
        groups=groups,
        positive_class=positive_class,
        weights=weights,
        seed=seed,
        resume=resume,
        backbone=backbone,
        head=head,
        fine_tune=fine_tune,
        image_size=image_size,
        augmentation=augmentation,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        precision=precision,
    )
    with Bars() as bars:
        report = cross_validation.cross_validate(request, folds, bars, bars.say)
    console.print(metrics_table(report.pooled, f"All {folds} folds together"))
    if report.positive:
        console.print(positive_table(report.positive, report.operating_point))
    console.print(spread_table(report.spread))
    if report.left_out:
        console.print(f"{report.left_out} images are copies with conflicting labels; they were left out.")
    console.print(f"The figures are in {output / cross_validation.REPORT}.")
    first = shlex.quote(str(output / "fold-1"))
    console.print(f"Open a fold in the app: MODEL={first} streamlit run streamlit_app.py")


@app.command(
    epilog="**Examples**\n\n"
    "`python train_cli.py compare BUSI --output busi.json --backbone xception`\n\n"
    "`python train_cli.py compare phantom --output whole.json --whole --backbone tiny --fine-tune all`"
)
def compare(
    data: Data,
    output: Annotated[Path, typer.Option(help="The figures' JSON file; must not exist yet.")],
    whole: Annotated[
        bool, typer.Option("--whole", help="Train the whole network, not a linear head on frozen features.")
    ] = False,
    repeats: Annotated[
        int | None,
        typer.Option(min=1, help="Splits of each protocol.", show_default="20; with --whole 1"),
    ] = None,
    recipe: RecipeName = "paper",
    groups: Groups = None,
    positive_class: PositiveClass = None,
    backbone: Backbone = None,
    weights: Weights = None,
    head: Head = None,
    fine_tune: FineTune = None,
    image_size: ImageSize = None,
    augmentation: AugmentationName = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    precision: Precision = None,
    seed: Seed = 0,
    resume: Resume = False,
) -> None:
    """Measure one recipe under the protocols paper, naive and clean: what is each leak worth?"""
    from core.experiments import protocols  # noqa: PLC0415

    of_training = {
        "head": head,
        "fine_tune": fine_tune,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "precision": precision,
    }
    given = [name for name, value in [*of_training.items(), ("augmentation", augmentation)] if value]
    if given and not whole:
        raise UserError(
            f"--{given[0].replace('_', '-')} changes nothing about a linear head on frozen features; "
            "leave it out, or add --whole."
        )
    request = _request(
        data=data,
        output=output,
        recipe=recipe,
        groups=groups,
        positive_class=positive_class,
        weights=weights,
        seed=seed,
        resume=resume,
        augmentation=augmentation,
        backbone=backbone,
        image_size=image_size,
        **of_training,
    )
    count = repeats or (1 if whole else 20)
    with Bars() as bars:
        report = protocols.compare(request, repeats=count, whole=whole, progress=bars, say=bars.say)
    for table in comparison_tables(report):
        console.print(table)
    for sentence in report.sentences:
        console.print(sentence)
    console.print(f"The figures, and what the intervals are, stand in {output}.")


@app.command(
    epilog="**Example**\n\n`python train_cli.py search BUSI plan.json --output search.json`\n\n"
    'A plan: `{"recipe": {"backbone": "xception", "fine_tune": "all"}, "configurations": '
    '{"150 px": {}, "flips": {"flip_averaging": true}}}`'
)
def search(
    data: Data,
    plan: Annotated[
        Path,
        typer.Argument(metavar="PLAN", help="JSON: a recipe, and by name what each configuration changes."),
    ],
    output: Annotated[Path, typer.Option(help="The figures' JSON file; must not exist yet.")],
    folds: Annotated[int, typer.Option(min=2, help="Of the clean split; every one is used.")] = 5,
    groups: Groups = None,
    positive_class: PositiveClass = None,
    weights: Weights = None,
    seed: Seed = 0,
    resume: Resume = False,
) -> None:
    """Choose between recipes on the folds' validation sets: no test image is looked at."""
    from core.experiments import recipe_search as searching  # noqa: PLC0415

    request = _request(
        data=data,
        output=output,
        groups=groups,
        positive_class=positive_class,
        weights=weights,
        seed=seed,
        resume=resume,
    )
    with Bars() as bars:
        report = searching.search(request, plan, folds, bars, bars.say)
    console.print(search_table(report))
    console.print(report.what)
    console.print(f"The figures, and what the intervals are, stand in {output}.")


@app.command(
    epilog="**Example**\n\n"
    "`python train_cli.py difference runs/without runs/paper runs/strong --output augmentation.json`"
)
def difference(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN RUN...", help="Folders of `cross-validate`, same folds.")
    ],
    output: Annotated[Path | None, typer.Option(help="Write the figures to this JSON file too.")] = None,
) -> None:
    """Compare cross-validated recipes on the same folds: paired differences with 95 % intervals."""
    from core.experiments import run_difference  # noqa: PLC0415

    report = run_difference.compare_runs(runs)
    console.print(differences_table(report))
    for sentence in report.sentences:
        console.print(sentence)
    if output is not None:
        _write(output, report.to_json())
        console.print(f"The figures, and what the intervals are, stand in {output}.")


@app.command(
    epilog="**Examples**\n\n`python train_cli.py evaluate runs/busi`\n\n"
    "`python train_cli.py evaluate user/repo@v1 OTHER_HOSPITAL --output other.json`"
)
def evaluate(
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help=BUNDLE)],
    data: Annotated[
        str | None, typer.Argument(metavar="[DATA]", help=DATA + " Default: the bundle's own test set.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write the figures to this JSON file too.")] = None,
) -> None:
    """Measure a bundle on its own test set or on another folder, with 95 % intervals."""
    from core.experiments import data_source  # noqa: PLC0415
    from core.hub import pull as hub_pull  # noqa: PLC0415
    from core.inference.classifier import Classifier  # noqa: PLC0415
    from core.inference.evaluate import on_folder, on_test_set  # noqa: PLC0415

    opened = hub_pull.pull(bundle).bundle
    with Bars() as bars:
        if data is None:
            outcome = on_test_set(opened)
        else:
            folder = data_source.resolve(data, bars).folder
            outcome = on_folder(Classifier(opened), folder, bars, name=Path(data).name)
    if outcome.left_out:
        console.print(f"{outcome.left_out} images were left out: the model was trained on them, or nearly.")
    console.print(metrics_table(outcome.metrics, f"{bundle} on {data or 'its test set'}"))
    if outcome.positive:
        console.print(positive_table(outcome.positive, outcome.metrics.operating_point))
    if outcome.unknown_classes:
        console.print(f"Not classes of this model, and left out: {', '.join(outcome.unknown_classes)}.")
    game = outcome.pointing_game
    if game is not None:
        console.print(
            f"The saliency of the predicted class peaks inside the lesion in {game.value:.0%} "
            f"({game.low:.0%} to {game.high:.0%}) of {game.images} images with a mask; "
            f"a cell drawn at random does in {game.random_hits:.0%}."
        )
    for note in outcome.notes:
        console.print(f"Note on the model: {note}")
    if output is not None:
        _write(output, outcome.to_json())
        console.print(f"The figures are in {output}.")


@app.command(epilog="**Example**\n\n`python train_cli.py predict runs/busi image.png folder`")
def predict(
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help=BUNDLE)],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Image files, or folders of them.")],
    output: Annotated[Path, typer.Option(help="A row per image is written here.")] = Path("predictions.csv"),
) -> None:
    """Classify image files. A research result, never a diagnosis."""
    from core.bundle import card  # noqa: PLC0415
    from core.hub import pull as hub_pull  # noqa: PLC0415
    from core.inference import predict as inference_predict  # noqa: PLC0415
    from core.inference.classifier import Classifier  # noqa: PLC0415

    if output.exists():
        raise UserError(f"{output} exists already; choose another --output, or remove it first.")
    files, masks = inference_predict.find_images(paths)
    pulled = hub_pull.pull(bundle)
    classifier = Classifier(pulled.bundle)
    with Bars() as bars:
        table = inference_predict.predict(classifier, files, bars)
    table["model"] = str(pulled.name)
    table["commit"] = pulled.commit or ""
    _write(output, table.to_csv(index=False))
    problems = table["problem"] != ""
    for row in table[~problems].head(10).to_dict("records"):
        console.print(f"{row['file']}: {describe_prediction(row)}")
    if (~problems).sum() > 10:  # noqa: PLR2004
        console.print(f"… and {(~problems).sum() - 10} more.")
    console.print(f"{len(table)} row{'' if len(table) == 1 else 's'} in {output}.")
    if masks:
        console.print(f"{masks} segmentation masks were passed over: they are no images of a breast.")
    for warning in card.warnings(pulled.bundle.manifest):
        console.print(f"Note on the model: {warning}")
    console.print("Not a medical device: no answer says whether anybody is ill.")
    if problems.any():
        raise UserError(
            f"{problems.sum()} of {len(table)} files could not be read: {table['problem'][problems].iloc[0]}"
        )


@app.command(
    epilog="**Examples**\n\n`python train_cli.py push runs/busi user/repo --tag v1`\n\n"
    '`python train_cli.py push runs/demo user/repo --include-test-images --data-licence "CC0-1.0"`'
)
def push(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The bundle's folder.")],
    repo: Annotated[str, typer.Argument(metavar="USER/REPO", help="Where to publish it on the Hub.")],
    private: Annotated[bool, typer.Option("--private", help="Not for everybody.")] = False,
    tag: Annotated[str | None, typer.Option(help="A name for this version, such as v1.")] = None,
    include_test_images: Annotated[
        bool, typer.Option("--include-test-images", help="Publish the test images too.")
    ] = False,
    data_licence: Annotated[
        str | None, typer.Option(help="The licence that allows publishing the images.")
    ] = None,
    hide_file_names: Annotated[
        bool,
        typer.Option("--hide-file-names", help="Hash prefixes in their place: names may carry patient ids."),
    ] = False,
) -> None:
    """Publish a bundle to the Hugging Face Hub as one commit.

    The token comes from HF_TOKEN or from `hf auth login`.
    """
    from core.hub import push as hub_push  # noqa: PLC0415

    pushed = hub_push.push(
        bundle,
        repo,
        private=private,
        tag=tag,
        include_test_images=include_test_images,
        data_licence=data_licence,
        hide_file_names=hide_file_names,
        progress=errors.print,
    )
    state = "Published" if pushed.changed else "Nothing to change; the repository holds this bundle already"
    console.print(f"{state}: {pushed.url}")
    console.print(
        f"Open it in the app: MODEL={repo}@{pushed.tag or pushed.commit} streamlit run streamlit_app.py"
    )


@app.command(epilog="**Example**\n\n`python train_cli.py deploy user/app --model user/repo@v1`")
def deploy(
    space: Annotated[str, typer.Argument(metavar="USER/SPACE", help="The Space to create or to update.")],
    model: Annotated[str, typer.Option(metavar="USER/REPO[@REVISION]", help="The model that it shows.")],
    private: Annotated[bool, typer.Option("--private", help="Not for everybody.")] = False,
) -> None:
    """Put the app on the web: a Space of the Hugging Face Hub that shows one pinned model.

    The token comes from HF_TOKEN or from `hf auth login`. It is not given to the Space.
    """
    from core.hub import space as spaces  # noqa: PLC0415

    deployed = spaces.deploy(space, model, private=private, progress=errors.print)
    state = "Deployed" if deployed.changed else "Nothing to change; the Space is so already"
    console.print(f"{state}: {deployed.url}")
    building = "; the Hub builds it now, which takes some minutes" if deployed.changed else ""
    console.print(f"It shows MODEL={deployed.model}{building}.")
    if deployed.needs_secret:
        console.print(
            f"The model is private: at {deployed.url}/settings give the Space the secret HF_TOKEN, a token "
            "that may read it."
        )


@app.command(epilog="**Example**\n\n`python train_cli.py pull user/repo@v1`")
def pull(
    model: Annotated[str, typer.Argument(metavar="USER/REPO[@REVISION]", help="A model on the Hub.")],
) -> None:
    """Fetch a published bundle into the local cache, check it, and print its folder."""
    from core.hub import pull as hub_pull  # noqa: PLC0415

    pulled = hub_pull.pull(model)
    if pulled.note:
        errors.print(f"From the cache, maybe not the newest: {pulled.note}")
    what = "a local folder" if pulled.commit is None else f"commit {pulled.commit}"
    errors.print(f"{pulled.name} is {what}; every size and hash fits.")
    typer.echo(pulled.folder)


@app.command(
    epilog="**Examples**\n\n`python train_cli.py audit BUSI`\n\n"
    "`python train_cli.py audit Dataset_BUSI.zip --output runs/audit`"
)
def audit(
    data: Annotated[str, typer.Argument(metavar="DATA", help=DATA)],
    output: Annotated[
        Path | None,
        typer.Option(help="Write audit.csv and groups.html (the near-duplicates) into this folder."),
    ] = None,
) -> None:
    """Look for what makes results worthless: copies, conflicting labels, files that cannot be read."""
    from core.data import audit as auditing  # noqa: PLC0415
    from core.data.contact_sheet import contact_sheet  # noqa: PLC0415
    from core.experiments.data_source import resolve  # noqa: PLC0415

    with Bars() as bars:
        found = resolve(data, bars)
        report = auditing.audit(found.folder, lambda done, count: bars("Reading images", done, count))
    console.print(audit_table(report.summary, found.data.name))
    for note in report.notes:
        console.print(f"Note: {note}")
    bad = report.table[auditing.has_flag(report.table, *auditing.PROBLEMS)]
    for row in bad.head(10).to_dict("records"):
        console.print(f"{row['file']}: {row['flags']}")
    if len(bad) > 10:  # noqa: PLR2004
        console.print(f"… and {len(bad) - 10} more.")
    if bad.empty:
        console.print("Every image can be read, and none is tiny, blank or out of place.")
    if output is None:
        return
    with Bars() as bars:
        sheet = contact_sheet(
            found.folder,
            report.table,
            found.data.name,
            lambda done, count: bars("Drawing groups of near-duplicates", done, count),
        )
    _write(output / "audit.csv", report.table.to_csv(index=False))
    _write(output / "groups.html", sheet)
    console.print(f"Every file is in {output / 'audit.csv'}, every group in {output / 'groups.html'}.")


def _request(
    *,
    data: str,
    output: Path,
    groups: Path | None,
    positive_class: str | None,
    weights: str | None,
    seed: int,
    resume: bool,
    recipe: str = "paper",
    augmentation: str | None = None,
    **fields: Any,
) -> Request:
    """Put the options together; ``fields`` are those of the recipe that go there as they are."""
    from core.experiments.request import Request  # noqa: PLC0415

    chosen = load_recipe(recipe).overridden(
        weights=weights if weights in {"imagenet", "none"} else None,
        augmentation=load_augmentation(augmentation) if augmentation else None,
        **fields,
    )
    return Request(
        data=data,
        output=output,
        recipe=chosen,
        weights=weights or chosen.weights,
        groups=groups,
        positive_class=positive_class,
        seed=seed,
        resume=resume,
        command=_command(sys.argv[1:]),
    )


def _command(arguments: list[str]) -> str:
    """Return the command line to publish. The folder a file lies in is nobody's business."""
    shown = []
    for argument in arguments:
        option, equals, value = argument.partition("=") if argument.startswith("--") else ("", "", argument)
        is_path = "/" in value and (Path(value).expanduser().exists() or value[0] in "/.~")
        shown.append(f"{option}{equals}{Path(value).name if is_path else value}")
    return shlex.join(["python", "train_cli.py", *shown])


def _show_results(folder: Path) -> None:
    from core.bundle.card import warnings  # noqa: PLC0415
    from core.bundle.folder import read_manifest  # noqa: PLC0415

    manifest = read_manifest(folder)
    console.print(
        metrics_table(manifest.metrics, f"Test set, {manifest.recipe.keep} epoch {manifest.best_epoch}")
    )
    for warning in warnings(manifest):
        console.print(f"Note: {warning}")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}; choose another --output.") from None


def main() -> None:
    """Run the command line; what a user can put right is one line on stderr and exit code 2."""
    try:
        code = app(standalone_mode=False)
        if code == INTERRUPTED:
            errors.print("Interrupted. A training goes on with --resume.")
        sys.exit(code)
    except UserError as error:
        message = str(error)
    except TyperException as error:
        message = error.format_message()
    except OSError as error:
        message = (
            f"{error.filename or 'a file'}: {error.strerror or error}; choose another place or make room."
        )
    if message:  # without a command, the help has said it all
        errors.print(f"Error: {message}", style="red")
    sys.exit(2)


if __name__ == "__main__":
    main()
