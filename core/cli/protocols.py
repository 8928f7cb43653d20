"""Commands that compare protocols, recipes or runs: ``compare``, ``search`` and ``difference``."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.cluster_options import ClusterOptions
from core.cli.console import ProgressBars, console, resumable, write_report
from core.cli.data_options import Data
from core.cli.options import ExperimentOptions, Folds, OptionalReport, PublishedFolds, Report, TrainingOptions
from core.cli.tables import comparison_tables, differences_table, search_tables
from core.errors import UserError
from core.files import check_output

# A linear head on frozen features depends on none of these.
WHOLE_NETWORK_OPTIONS = (
    "head",
    "fine_tune",
    "epochs",
    "batch_size",
    "learning_rate",
    "precision",
    "augmentation",
)


def compare(
    data: Data,
    *,
    output: Report,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="Train the whole network instead of a linear head on frozen features."),
    ] = False,
    repeats: Annotated[
        int | None,
        typer.Option(min=1, help="Number of splits per protocol.", show_default="20; with --whole 1"),
    ] = None,
    options: TrainingOptions,
    cluster: ClusterOptions,
) -> None:
    """Evaluate one recipe under the protocols paper, naive and clean, to measure the effect of each leak."""
    from core.experiments import protocols

    given = [name for name in WHOLE_NETWORK_OPTIONS if getattr(options, name)]
    if given and not whole:
        raise UserError(
            f"--{given[0].replace('_', '-')} has no effect on a linear head on frozen features; "
            "remove it, or add --whole."
        )
    if cluster.cluster and not whole:
        raise UserError("a linear head takes seconds, so --cluster is for whole networks; add --whole.")
    count = repeats or (1 if whole else 20)
    request = options.request(data, output)
    with ProgressBars() as bars, resumable(output), cluster.runner(bars) as run:
        report = protocols.compare(request, repeats=count, whole=whole, progress=bars, say=bars.say, run=run)
    for table in comparison_tables(report):
        console.print(table)
    for sentence in report.sentences:
        console.print(sentence)
    console.print(f"Results written to {output}.")


def search(
    data: Data,
    plan: Annotated[
        Path,
        typer.Argument(metavar="PLAN", help="JSON file with a recipe and, by name, the changes to compare."),
    ],
    *,
    output: Report,
    folds: Folds = 5,
    split: PublishedFolds = None,
    only_folds: Annotated[
        str | None,
        typer.Option(
            metavar="FOLD,FOLD",
            help="With --split: search within these folds alone, such as 1,2,3. Each is the validation set "
            "of networks trained on the others of them; images of all other folds take no part.",
        ),
    ] = None,
    train_on: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="With --only-folds: train on the images of this data set alone, and validate on all.",
        ),
    ] = None,
    options: ExperimentOptions,
    cluster: ClusterOptions,
) -> None:
    """Compare recipes on the validation sets of a cross-validation. Test images are not used.

    The plan holds a recipe and named changes of it, such as `{"recipe": {"backbone": "xception", "fine_tune":
    "all"}, "configurations": {"150 px": {}, "flips": {"flip_averaging": true}}}`.
    """
    from core.experiments import recipe_search

    request = options.request(data, output)._replace(split=tuple(split or ()))
    only = tuple(filter(None, map(str.strip, (only_folds or "").split(","))))
    with ProgressBars() as bars, resumable(output), cluster.runner(bars) as run:
        report = recipe_search.search(
            request, plan, folds, bars, bars.say, only_folds=only, train_on=train_on, run=run
        )
    for table in search_tables(report):
        console.print(table)
    console.print(report.what)
    console.print(f"Results written to {output}.")


def difference(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN", help="Two or more output folders of `cross-validate`, with the same folds."
        ),
    ],
    output: OptionalReport = None,
) -> None:
    """Compare cross-validated runs: paired differences with 95 % confidence intervals."""
    from core.experiments import run_difference

    if output is not None:
        check_output(output, device=True)
    report = run_difference.compare_runs(runs)
    console.print(differences_table(report))
    for sentence in report.sentences:
        console.print(sentence)
    if output is not None:
        write_report(output, report)
        console.print(f"Results written to {output}.")
