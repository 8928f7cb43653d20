"""Commands that use a trained bundle: ``evaluate`` and ``predict``."""

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core import escape
from core.cli.console import ProgressBars, console, count, write_report, write_text
from core.cli.data_options import DATA_HELP, DataOptions
from core.cli.options import BundleName, OptionalReport
from core.cli.subset_tables import subsets_table
from core.cli.tables import describe_predictions, metrics_table, positive_table
from core.errors import UserError
from core.files import check_output
from core.images.local import ALL

if TYPE_CHECKING:
    import pandas as pd

    from core.inference.evaluate import EvaluationReport

SHOWN_PREDICTIONS = 10


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
                Classifier(opened), found, bars, name=" and ".join(found.sources), groups=request.groups
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


def predict(
    bundle: BundleName,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Images, clips or folders of them.")],
    output: Annotated[
        Path,
        typer.Option(
            help="CSV file for the predictions, one row per image, frame and clip; must not exist yet."
        ),
    ] = Path("predictions.csv"),
    frame: Annotated[
        str,
        typer.Option(
            metavar="FRAME",
            help="Frames of clips (DICOM, MP4, AVI, GIF, WebP), a row each: all, and a row for the clip; "
            "first, middle, or a number from 1.",
        ),
    ] = "all",
    crop: Annotated[
        str,
        typer.Option(
            metavar="CROP",
            help="Crop before the prediction: auto, to the ultrasound image where a border or a viewer's "
            "window surrounds it; none; or X,Y,W,H in pixels, for every image.",
        ),
    ] = "none",
) -> None:
    """Classify images and clips. For research only, not for diagnosis."""
    from core.bundle import limitations
    from core.data import left_out
    from core.data.index import describe_notes
    from core.hub.pull import pull
    from core.images import crop as crop_choice
    from core.images.local import check_frame_choice
    from core.inference import predict as inference
    from core.inference.classifier import Classifier
    from core.inference.image_search import find_images
    from core.inference.prediction_table import to_csv

    check_frame_choice(frame)
    cropping = crop_choice.parse(crop)
    check_output(output, device=True)
    search = find_images(paths)
    pulled = pull(bundle)
    classifier = Classifier(pulled.bundle)
    with ProgressBars() as bars:
        found = inference.predict(classifier, search, bars, frame, cropping)
    table = found.table.assign(model=str(pulled.name), commit=pulled.commit or "")
    skipped = left_out.describe_skipped(found.masks, found.named_like_masks, found.left_out)
    if table.empty:
        raise UserError(f"there is no image to classify. {skipped}")
    write_text(output, to_csv(table))
    predicted = table[table["problem"] == ""]
    shown = inference.without_frames(predicted)
    for line in describe_predictions(shown.head(SHOWN_PREDICTIONS)):
        console.print(line)
    if len(shown) > SHOWN_PREDICTIONS:
        console.print(f"… and {len(shown) - SHOWN_PREDICTIONS} more.")
    of_clips = predicted["frame"] == ALL
    if of_clips.any():
        console.print(inference.ONE_LESION)
    if found.remark:
        console.print(escape.terminal(found.remark))
    if changed := describe_notes(predicted[~of_clips].drop_duplicates("file")):
        console.print(escape.terminal(changed))
    if cropping == crop_choice.NONE and (predicted["warning"] != "").any():
        console.print(
            "--crop auto crops to the ultrasound image where a border or a viewer's window is found around "
            "it."
        )
    console.print(f"Results written to {output}.")
    if skipped:
        console.print(escape.terminal(skipped))
    for warning in limitations.warnings(pulled.bundle.manifest):
        console.print(f"Note on the model: {warning}")
    console.print("Not a medical device: predictions are not diagnoses.")
    _check_all_predicted(table)


def _check_all_predicted(table: "pd.DataFrame") -> None:
    """Refuse to end as if every file and clip had a prediction where one has none."""
    predicted = table.loc[table["problem"] == "", "file"]
    failed = table[~table["file"].isin(predicted)].drop_duplicates("file")
    if failed.empty:
        return
    why = failed["problem"].iloc[0]
    of_files = table["frame"] != ALL
    if not of_files[failed.index].any():
        raise UserError(f"{count(len(failed), 'clip')} not summed up: {why}")
    files = table.loc[of_files, "file"].nunique()
    raise UserError(f"{len(failed)} of {files} files have no prediction: {why}")
