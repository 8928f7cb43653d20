"""The command ``evaluate``."""

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated

import typer

from core import escape
from core.cli.console import ProgressBars, console, count, write_report
from core.cli.data_options import DATA_HELP, DataOptions
from core.cli.options import BundleName, OptionalReport
from core.cli.subset_tables import subsets_table
from core.cli.tables import metrics_table, positive_table
from core.errors import UserError
from core.files import check_output

if TYPE_CHECKING:
    from core.inference.evaluate import EvaluationReport


def evaluate(
    bundle: BundleName,
    data: Annotated[
        list[str] | None,
        typer.Argument(metavar="DATA", help=DATA_HELP + " Default: the test set of the bundle."),
    ] = None,
    *,
    options: DataOptions,
    output: OptionalReport = None,
) -> None:
    """Evaluate a bundle on its test set or on other images, with 95 % confidence intervals."""
    from core.bundle.limitations import NO_OPERATING_POINT
    from core.data.provenance import combine
    from core.evaluation.radiologists import describe
    from core.experiments import data_source
    from core.hub.pull import pull
    from core.inference.classifier import Classifier
    from core.inference.evaluate import evaluate_data, evaluate_test_set

    if output is not None:
        check_output(output, device=True)
    given = [field.name for field in fields(options) if getattr(options, field.name)]
    if given and not data:
        raise UserError(
            f"--{given[0].replace('_', '-')} is about DATA: give DATA, or leave it out for the bundle's own "
            "test set."
        )
    opened = pull(bundle).bundle
    with ProgressBars() as bars:
        if not data:
            source, report = opened.manifest.data, evaluate_test_set(opened)
        else:
            request = options.data(data)
            found = data_source.resolve(request, bars, opened.manifest.class_names)
            source = combine(found.sources)
            report = evaluate_data(
                Classifier(opened, threads=1),
                found,
                bars,
                name=" and ".join(found.sources),
                groups=request.groups,
            )
    _print(report, f"{bundle} on {' and '.join(data) if data else 'its test set'}")
    if report.radiologists:
        for sentence in describe(report.radiologists, source):
            console.print(sentence)
    if opened.manifest.positive_class is None:
        console.print(NO_OPERATING_POINT)
    if output is not None:
        write_report(output, report)
        console.print(f"Results written to {output}.")


def _print(report: "EvaluationReport", title: str) -> None:
    for remark in report.remarks:
        console.print(remark)
    if report.left_out_by:
        console.print(
            f"{count(report.left_out, 'image')} skipped because of the model's training and "
            f"validation images: {report.left_out_by.described()}."
        )
    console.print(metrics_table(report.metrics, title))
    if report.independence:
        console.print(report.independence)
    if report.positive:
        console.print(positive_table(report.positive, report.metrics.operating_point))
    if report.subsets:
        console.print(subsets_table(report.subsets))
    if report.unknown_classes:
        console.print(
            f"Skipped, not classes of this model: {', '.join(map(escape.terminal, report.unknown_classes))}."
        )
    game = report.pointing_game
    if game is not None:
        console.print(
            f"Pointing game: the saliency map peaks inside the lesion in {game.value:.0%} "
            f"({game.low:.0%} to {game.high:.0%}) of {game.images} images with a mask; "
            f"a random position does in {game.random_hits:.0%}."
        )
    for note in report.notes:
        console.print(f"Note on the model: {note}")
