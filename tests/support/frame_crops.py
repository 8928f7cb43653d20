"""What a frame around the image costs, and what the proposed crop brings back, on a model's test images.

``python tests/support/frame_crops.py MODEL DATA`` writes docs/results/frame_crops.json, and from it the table
on docs/RESULTS.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import results_page
from results_page import DOCS, line

from core.bundle.folder import open_bundle
from core.bundle.manifest import TEST_SET
from core.data.duplicates.common_frames import FRAMES
from core.data.shared_frames import locate
from core.evaluation.intervals import proportion_of_hits
from core.evaluation.results import Interval
from core.files import write_report
from core.images.local import read_file
from core.inference.classifier import Classifier
from core.inference.frame_warning import frame_warning, proposed_crop
from core.schema import Strict

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE = "results/frame_crops.json"
WHAT = "frame_crops"
TABLE = results_page.pattern(f"{FILE}: {WHAT}")


class Framed(Strict):
    """Test images in one frame."""

    frame: str
    warned: int
    proposed: int
    accuracy: Interval
    cropped: Interval


class Report(Strict):
    """All frames, without any first."""

    model: str
    images: int
    framed: tuple[Framed, ...]


def measure(bundle_folder: Path, data: list[Path]) -> Report:
    """Classify the test images in each frame, as they are and as their proposed crop."""
    bundle = open_bundle(bundle_folder)
    classifier, shared = Classifier(bundle), bundle.manifest.shared_frames
    table = bundle.table(TEST_SET)
    found = {file.name: file for folder in data for file in folder.rglob("*.png")}
    images = [read_file(found[Path(file).name]).pixels for file in table["file"]]
    frames = []
    for name, apply in [("none", None), *((frame.name, frame.apply) for frame in FRAMES)]:
        warned = proposed = 0
        correct: list[tuple[bool, bool]] = []
        for pixels, true_class in zip(images, table["true_class"], strict=True):
            framed = apply(pixels) if apply else pixels
            located = locate(framed, shared)
            box = proposed_crop(located)
            warned += bool(frame_warning(located))
            proposed += box is not None
            as_it_is = classifier.classify(framed).predicted_class == true_class
            cropped = classifier.classify(box.crop(framed)).predicted_class == true_class if box else as_it_is
            correct.append((as_it_is, cropped))
        groups = table["group"].to_numpy()
        frames.append(
            Framed(
                frame=name,
                warned=warned,
                proposed=proposed,
                accuracy=_share([one for one, _ in correct], groups),
                cropped=_share([one for _, one in correct], groups),
            )
        )
    return Report(model=bundle_folder.name, images=len(images), framed=tuple(frames))


def _share(hits: list[bool], groups: NDArray[np.object_]) -> Interval:
    found = proportion_of_hits(np.array(hits), groups)
    assert found is not None
    return found


def lines() -> str:
    """Return the rows of the table in Markdown."""
    report = Report.model_validate_json((DOCS / FILE).read_bytes())
    rows = [
        (one.frame, str(one.warned), str(one.proposed), one.accuracy.in_words(), one.cropped.in_words())
        for one in report.framed
    ]
    return "".join(map(line, rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("data", nargs="+", type=Path)
    given = parser.parse_args()
    report = measure(given.model, given.data)
    write_report(DOCS / FILE, report)
    results_page.write(TABLE, lambda _: lines())


if __name__ == "__main__":
    main()
