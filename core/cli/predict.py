"""The command ``predict``."""

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core import escape
from core.cli.cluster_options import Cluster
from core.cli.console import ProgressBars, console, count, new_output, resumable
from core.cli.options import BundleName, Resume
from core.cli.tables import describe_predictions
from core.errors import UserError
from core.files import check_output, names_device, open_new

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.bundle.folder import Bundle
    from core.inference.predict import Classify
    from core.inference.prediction_output import PredictionSummary


def predict(
    bundle: BundleName,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Images, clips or folders of them.")],
    output: Annotated[
        Path,
        typer.Option(
            help="CSV file for the predictions, or Parquet file (.parquet), one row per image, frame and "
            "clip; must not exist yet."
        ),
    ] = Path("predictions.csv"),
    frame: Annotated[
        str,
        typer.Option(
            metavar="FRAME",
            help="Frames of clips (DICOM, MP4, AVI, GIF, WebP) that get a row: all (and one more row for the "
            "clip), first, middle, or a number from 1.",
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
    *,
    resume: Resume = False,
    cluster: Cluster = None,
) -> None:
    """Classify images and clips, however many. For research only, not for diagnosis."""
    from core.bundle import limitations
    from core.data import left_out
    from core.hub.pull import pull
    from core.images import crop as crop_choice
    from core.images.local import ALL, check_frame_choice
    from core.inference import predict as inference
    from core.inference.classifier import Classifier
    from core.inference.image_search import check_paths
    from core.inference.prediction_output import PARQUET, write_rows

    if cluster is not None and names_device(output):
        raise UserError(f"--cluster needs a folder beside the output, and {output} has none; choose a file.")
    check_frame_choice(frame)
    cropping = crop_choice.parse(crop)
    check_output(output, device=True)
    if not resume:  # then the files are those that were listed when it began
        check_paths(paths)
    pulled = pull(bundle)
    names = pulled.bundle.manifest.class_names
    classifier = Classifier(pulled.bundle, threads=1)  # of each of several predictions at once
    origin = {"model": str(pulled.name), "commit": pulled.commit or ""}
    with (
        ProgressBars() as bars,
        resumable(output),
        inference.prediction_folder(output, bars.say, resume=resume) as work,
    ):
        with _connected(cluster, pulled.bundle, bars) as classify:
            rows = inference.predict(classifier, paths, work, bars, frame, cropping, classify)
        skipped = left_out.describe_skipped(rows.masks, rows.named_like_masks, rows.left_out)
        if rows.count == 0:
            shutil.rmtree(work)  # there is nothing to resume
            raise UserError(f"there is no image to classify. {skipped}")
        with new_output(output, device=True), open_new(output) as stream:
            summary = write_rows(
                (table.assign(**origin) for table in rows),
                stream,
                names,
                parquet=output.suffix.lower() == PARQUET,
                sum_up_clips=frame == ALL,
            )
    _show(summary, rows.remark, uncropped=cropping == crop_choice.NONE)
    console.print(f"Results written to {output}.")
    if skipped:
        console.print(escape.terminal(skipped))
    for warning in limitations.warnings(pulled.bundle.manifest):
        console.print(f"Note on the model: {warning}")
    console.print("Not a medical device: predictions are not diagnoses.")
    _check_all_predicted(summary)


@contextmanager
def _connected(cluster: str | None, bundle: "Bundle", bars: ProgressBars) -> "Iterator[Classify | None]":
    """Yield what classifies files on a cluster, connected until the block ends; None for this machine."""
    if cluster is None:
        yield None
        return
    from core.cluster.resources import Resources
    from core.cluster.settings import prepare_environment

    prepare_environment(cluster)
    from core.cluster.predictions import RayClassifier
    from core.cluster.session import connected

    with connected(cluster, Resources()):
        yield RayClassifier(bundle, bars)


def _show(summary: "PredictionSummary", remark: str, *, uncropped: bool) -> None:
    from core.data.index import describe_changed
    from core.inference.predict import ONE_LESION

    for line in describe_predictions(summary.first):
        console.print(line)
    if summary.predicted > len(summary.first):
        console.print(f"… and {summary.predicted - len(summary.first)} more.")
    if summary.clips:
        console.print(ONE_LESION)
    if remark:
        console.print(escape.terminal(remark))
    if summary.changed:
        sentence = describe_changed(summary.changed, summary.changed_file, summary.changed_notes)
        console.print(escape.terminal(sentence))
    if uncropped and summary.warned:
        console.print(
            "--crop auto crops to the ultrasound image where a border or a viewer's window is found around "
            "it."
        )


def _check_all_predicted(summary: "PredictionSummary") -> None:
    """Refuse to end as if every file and clip had a prediction where one has none."""
    if summary.failed_files:
        failed = summary.failed_files + summary.failed_clips
        raise UserError(f"{failed} of {summary.files} files have no prediction: {summary.problem}")
    if summary.failed_clips:
        raise UserError(f"{count(summary.failed_clips, 'clip')} not summed up: {summary.problem}")
