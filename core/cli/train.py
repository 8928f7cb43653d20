"""Commands that train one recipe: ``train`` and ``cross-validate``."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from core.cli.cluster_options import ClusterOptions
from core.cli.console import ProgressBars, console, count, resumable
from core.cli.data_options import OWN_SPLIT, Data
from core.cli.options import Folds, PublishedFolds, TrainingOptions
from core.cli.publish import push
from core.cli.subset_tables import held_out_table, limits_table, subsets_table
from core.cli.tables import metrics_table, positive_table, spread_table
from core.errors import UserError
from core.files import expand_user

if TYPE_CHECKING:
    from core.bundle.manifest import Manifest

PUBLISH_PANEL = "Publishing"


def train(
    data: Data,
    *,
    output: Annotated[Path, typer.Option(help="Folder of the bundle; must not exist yet.")],
    protocol: Annotated[
        Literal["clean", "naive", "paper"],
        typer.Option(help="Which files to use and how to split them. Only `clean` has no known data leak."),
    ] = "clean",
    split: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="`own`: the split that the data set brings with it. Or a CSV or .xlsx table of a published "
            "split, with columns file, set (train, validation, test).",
        ),
    ] = None,
    limits: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="RUN",
            help="Output folder of `cross-validate --hold-out` with the same data and recipe. The bundle "
            "takes its temperature and thresholds from held-out sources and says how they held there. May be "
            "given several times; the thresholds are those of the first.",
        ),
    ] = None,
    options: TrainingOptions,
    tensorboard: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write TensorBoard event files to this folder.")
    ] = None,
    push_to: Annotated[
        str | None,
        typer.Option(
            metavar="USER/REPO",
            help="Publish the bundle in this Hub repository when finished.",
            rich_help_panel=PUBLISH_PANEL,
        ),
    ] = None,
    private: Annotated[
        bool,
        typer.Option(
            "--private", help="With --push-to: create a private repository.", rich_help_panel=PUBLISH_PANEL
        ),
    ] = False,
    tag: Annotated[
        str | None,
        typer.Option(help="With --push-to: tag of this version.", rich_help_panel=PUBLISH_PANEL),
    ] = None,
    hide_file_names: Annotated[
        bool,
        typer.Option(
            "--hide-file-names",
            help="With --push-to: replace file names by hashes.",
            rich_help_panel=PUBLISH_PANEL,
        ),
    ] = False,
) -> None:
    """Train a model on a folder of images. Writes a bundle: model, training history and test results."""
    from core.experiments import train as experiment
    from core.hub.push import check_destination

    if push_to:
        check_destination(push_to, tag)  # now, not after hours of training
    elif private or tag is not None or hide_file_names:
        raise UserError("--private, --tag and --hide-file-names require --push-to USER/REPO.")
    request = options.request(data, output)._replace(
        split=_split(split or []), tensorboard=tensorboard, limits=tuple(limits or ())
    )
    with ProgressBars() as bars, resumable(output):
        manifest = experiment.train(request, protocol, bars, bars.say)
    console.print(f"\nBundle written to {output}.")
    _show_results(output, manifest)
    if tensorboard:
        logs = shlex.quote(str(tensorboard))
        console.print(f"View the curves: pip install tensorboard; tensorboard --logdir {logs}")
    if push_to:
        push(output, push_to, private=private, tag=tag, hide_file_names=hide_file_names)
    else:
        console.print(f"Open it in the app: MODEL={shlex.quote(str(output))} streamlit run streamlit_app.py")


def _split(given: list[str]) -> "tuple[Path, ...] | Literal['own']":
    if OWN_SPLIT not in given:
        return tuple(map(expand_user, given))
    if len(given) > 1:
        raise UserError("--split own is the split of all data sets; leave out the other --split.")
    return "own"


def cross_validate(
    data: Data,
    *,
    output: Annotated[
        Path, typer.Option(help="Folder for the bundles and results of the folds; must not exist yet.")
    ],
    folds: Folds = 5,
    split: PublishedFolds = None,
    hold_out: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="One fold for each value: `source` for each data set, or a column of the data's tables, "
            "such as device.",
        ),
    ] = None,
    options: TrainingOptions,
    cluster: ClusterOptions,
) -> None:
    """Cross-validate a recipe with the protocol clean. Reports each fold and the pooled predictions."""
    from core.bundle.limitations import NO_OPERATING_POINT
    from core.evaluation.radiologists import describe
    from core.experiments import cross_validation
    from core.experiments.cross_validation_report import REPORT

    if split and hold_out:
        raise UserError("--split and --hold-out both name the folds; give one of the two.")
    request = options.request(data, output)._replace(split=tuple(split or ()))
    with ProgressBars() as bars, resumable(output), cluster.runner(bars) as run:
        report = cross_validation.cross_validate(request, folds, bars, bars.say, hold_out=hold_out, run=run)
    if report.hold_out:
        console.print(held_out_table(report.hold_out, report.per_fold))
    if report.hold_out and report.held_out:
        console.print(limits_table(report.hold_out, report.held_out))
    console.print(metrics_table(report.pooled, f"All {report.folds} folds pooled"))
    if report.subsets:
        console.print(subsets_table(report.subsets))
    if report.positive:
        console.print(positive_table(report.positive, report.operating_point))
    else:
        console.print(NO_OPERATING_POINT)
    if report.radiologists:
        for sentence in describe(report.radiologists, report.data):
            console.print(sentence)
    console.print(spread_table(report.spread))
    if report.left_out:
        console.print(f"{count(report.left_out, 'near-duplicate')} with conflicting labels skipped.")
    console.print(f"Results written to {output / REPORT}.")
    first = shlex.quote(str(output / "fold-1"))
    console.print(f"Open a fold in the app: MODEL={first} streamlit run streamlit_app.py")


def _show_results(output: Path, manifest: "Manifest") -> None:
    from core.bundle.folder import open_bundle
    from core.bundle.limitations import NO_OPERATING_POINT, warnings
    from core.evaluation.radiologists import describe
    from core.inference.evaluate import compare_radiologists

    console.print(
        metrics_table(manifest.metrics, f"Test set, {manifest.recipe.keep} epoch {manifest.best_epoch}")
    )
    if manifest.subsets:
        console.print(subsets_table(manifest.subsets))
    if found := compare_radiologists(open_bundle(output)):
        for sentence in describe(found, manifest.data):
            console.print(sentence)
    if manifest.positive_class is None:
        console.print(NO_OPERATING_POINT)
    for run in manifest.held_out:
        console.print(limits_table(run.hold_out, run.limits))
    for warning in warnings(manifest):
        console.print(f"Note: {warning}")
