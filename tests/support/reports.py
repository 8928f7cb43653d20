"""A report on a simulated image with everything that one can have, on a model with hostile names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from held_out import held_out_run
from hostile_names import FILE, NAME, make_hostile_bundle

from core.bundle.training_overlap import NEAR_DUPLICATE
from core.data.image_facts import pixel_hash
from core.data.phantom.simulate import simulate
from core.evaluation.results import Interval
from core.figures.style import class_colours
from core.images.frame import Box
from core.inference.add_neighbours import add_neighbours
from core.inference.classifier import Classifier
from core.inference.prediction_table import Origin
from core.inference.report_content import ClipPart, CropPart, Report, describe_limits
from core.inference.similar import SimilarImages

if TYPE_CHECKING:
    from pathlib import Path

BOX = Box(top=40, bottom=260, left=60, right=330)
COMMIT = "0123456789abcdef" * 2 + "01234567"
FINDINGS = (
    "Frame around the image. Crop it and classify again.",
    "Seen in training. A correct prediction proves nothing.",
    "Out of distribution. The prediction is unreliable.",
    "Not sure. More than one class is possible.",
    "Burned-in annotations. Use an export without them.",
)
SUMMARY = ("60 frames of one clip count as one.", "<b>Mean</b> probability of benign 57% (40% to 70%).")


def full_report(folder: Path) -> Report:
    """Return a report with crop, clip, file name and similar images; the bundle is made in a new folder."""
    make_hostile_bundle(folder)
    add_neighbours(folder)
    classifier = Classifier.from_bundle(folder)
    manifest = classifier.bundle.manifest.model_copy(
        update={"protocol": "naive", "held_out": (held_out_run(Alpha=0.93, Beta=0.8),)}
    )
    names = manifest.class_names
    pixels = np.repeat(simulate("malignant", np.random.default_rng(5)).image[..., np.newaxis], 3, axis=2)
    whole = classifier.classify(pixels)._replace(possible=names)
    prediction = classifier.classify(pixels[BOX.top : BOX.bottom, BOX.left : BOX.right])
    similar = SimilarImages(classifier.bundle).nearest(whole)
    return Report(
        pixels=pixels,
        sha256=pixel_hash(pixels),
        prediction=prediction._replace(possible=names),
        manifest=manifest,
        origin=Origin(NAME, COMMIT, "f" * 64),
        colours=class_colours(names),
        findings=FINDINGS,
        similar=(similar[0]._replace(match=NEAR_DUPLICATE), *similar[1:]),
        limits=describe_limits(manifest, manifest.metrics, Interval(value=0.9, low=0.8, high=0.95)),
        created=datetime(2026, 11, 29, 8, 5, tzinfo=UTC),
        true_class=names[0],
        file=FILE,
        changed=True,
        crop=CropPart(BOX, whole),
        clip=ClipPart(
            SUMMARY, tuple(range(1, 61)), np.random.default_rng(0).dirichlet([2, 4, 1], 60), shown=13
        ),
    )


def plain_report(folder: Path) -> Report:
    """Return the same for an image alone, without a file name."""
    return full_report(folder)._replace(true_class=None, file="", changed=False, crop=None, clip=None)
