"""The static page predicts what the app predicts, on every embedded model, in Chromium."""

from __future__ import annotations

import csv
import io
import itertools
import re
from typing import TYPE_CHECKING, Any

import image_formats
import numpy as np
import pytest
import tissue
from browser import IN_CHROMIUM, visitor
from image_files import encoded
from paths import ROOT
from PIL import Image
from sites import choose, csv_rows, downloaded, opened, rows, served, write_site

from core.bundle.folder import open_bundle
from core.data.phantom.simulate import CLASSES, simulate
from core.evaluation.predictions import probability_columns
from core.images.decode import decode
from core.inference.classifier import Classifier
from core.inference.examine import examine, seen
from core.inference.prediction_table import Origin, PredictedImage, tabulate_images, to_csv, to_json

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from core.inference.classifier import Prediction

pytestmark = [*IN_CHROMIUM, pytest.mark.slow]
MODELS = sorted(path.name for path in (ROOT / "models").iterdir() if (path / "bundle.json").is_file())


def images() -> dict[str, bytes]:
    """Phantoms, real images where they are, and images that are no ultrasound."""
    files = {
        f"phantom {seed}.png": encoded(
            Image.fromarray(simulate(CLASSES[seed % 3], np.random.default_rng(seed)).image)
        )
        for seed in range(9)
    }
    random = np.random.default_rng(3)
    files["noise.png"] = encoded(Image.fromarray(random.integers(0, 256, (200, 300, 3), dtype=np.uint8)))
    files["speckle.jpg"] = encoded(Image.fromarray(tissue.image(5, 300, 260)), "JPEG")
    made = image_formats.made()
    files |= {name: made[name] for name in ("progressive 4:2:0.jpg", "alpha.png", "tall.png")}
    real = itertools.islice(image_formats.real(), 0, None, 4)
    return files | {name.replace("/", " "): content for name, content in real}


def in_python(bundle: Path, files: dict[str, bytes]) -> list[PredictedImage]:
    classifier = Classifier(open_bundle(bundle))
    predicted = []
    for name, content in files.items():
        decoded = decode(content, name)
        examined = examine(decoded.pixels, classifier.bundle.manifest.shared_frames)
        (match,) = seen(classifier.bundle, [examined._replace(fingerprint="")])
        prediction = classifier.classify(decoded.pixels)
        predicted.append(
            PredictedImage(name, examined.sha256, prediction, match, examined.warning, decoded.notes)
        )
    return predicted


def shown_peaks(page: Page) -> list[tuple[int, ...]]:
    """Return row, rows, column and columns of the strongest cell that the page names for each image."""
    found = []
    for button in page.locator("#strip button").all():
        button.click()
        line = page.locator("#map-line").inner_text()
        found.append(tuple(map(int, re.findall(r"row (\d+) of (\d+), column (\d+) of (\d+)", line)[0])))
    return found


def peak_of(prediction: Prediction) -> tuple[int, ...]:
    """Return the same for a prediction of the app."""
    cells = prediction.saliency[list(prediction.probabilities).index(prediction.predicted_class)]
    row, column = np.unravel_index(int(cells.argmax()), cells.shape)
    return int(row) + 1, cells.shape[0], int(column) + 1, cells.shape[1]


@pytest.mark.parametrize("name", MODELS)
def test_predictions_are_those_of_the_app(name: str, browser: Browser, tmp_path: Path) -> None:
    bundle = ROOT / "models" / name
    manifest = open_bundle(bundle).manifest
    with served(write_site(bundle, tmp_path / "site")) as address, visitor(browser) as page:
        opened(page, address)
        files = images()
        choose(page, files)
        found, as_csv, peaks = rows(page), csv_rows(page), shown_peaks(page)
        origin = Origin(name, "", found[0]["bundle_sha256"])
    chosen = {row["file"]: files[row["file"]] for row in found}
    assert len(chosen) >= 12
    predicted = in_python(bundle, chosen)
    assert peaks == [peak_of(image.prediction) for image in predicted]
    expected = tabulate_images(predicted, manifest.class_names, origin).to_dict("records")
    for one, other in zip(found, expected, strict=True):
        assert list(one) == list(other)
        same = {key for key, value in other.items() if not isinstance(value, float)}
        assert {key: one[key] for key in same} == {key: other[key] for key in same}
        for column in probability_columns(manifest.class_names):
            assert one[column] == pytest.approx(other[column], abs=1e-5)
        assert one["distance"] == pytest.approx(other["distance"], abs=2e-5, rel=1e-4)
    assert [row["predicted_class"] for row in as_csv] == [row["predicted_class"] for row in found]
    assert len({row["predicted_class"] for row in found}) >= 2
    if name != "phantom-without-augmentation":  # by which none of these is out of distribution
        assert {row["unlike_training"] for row in found} == {True, False}


def test_downloads_are_written_as_python_writes_them(classify_page) -> None:
    names = ["=1+1.png", 'quo"te, and\tmore.png', "@x; y.png", " edge.png", "plain.png"]
    files = dict(zip(names, images().values(), strict=False))
    choose(classify_page, files)
    found = rows(classify_page)
    bundle = ROOT / "models" / "phantom"
    origin = Origin("phantom", "", found[0]["bundle_sha256"])
    named = {row["file"]: content for row, content in zip(found, files.values(), strict=True)}
    predicted = in_python(bundle, named)
    table = tabulate_images(predicted, open_bundle(bundle).manifest.class_names, origin)
    for column in table.columns:  # what differs in the last digits is as the page has it
        if table[column].dtype == float:
            table[column] = [row[column] for row in found]
    assert downloaded(classify_page, "json") == to_json(table)
    written = list(csv.reader(io.StringIO(downloaded(classify_page, "csv"))))
    assert written == list(csv.reader(io.StringIO(to_csv(table))))


OVERLAY = """async ([saliency, cases, colour]) => {
    const { tint } = await import("/page/overlay.js");
    const { peak } = await import("/page/decide.js");
    const map = { ...saliency, data: Float32Array.from(saliency.data) };
    return cases.map(([ofClass, opacity, side]) => {
        const { data } = tint(map, ofClass, opacity, colour, side);
        return { data: Array.from(data), peak: peak(map, ofClass) };
    });
}"""


def test_the_overlay_is_that_of_the_app(browser: Browser) -> None:
    from page_modules import page_with

    from core.inference.overlay import peak, tint
    from core.palette import ORANGE, rgb

    saliency = np.random.default_rng(2).random((3, 5, 7)).astype(np.float32)
    saliency[2] = 0
    cases = [(0, 0.6, 576), (1, 1.0, 113), (1, 0.0, 64), (2, 0.6, 90)]
    given = {"rows": 5, "columns": 7, "data": saliency.ravel().tolist()}
    with page_with(browser, []) as page:
        found: list[dict[str, Any]] = page.evaluate(OVERLAY, [given, cases, rgb(ORANGE)])
    for (of_class, opacity, side), one in zip(cases, found, strict=True):
        expected = tint(saliency, of_class, opacity=opacity, side=side)
        apart = np.abs(np.array(one["data"]).reshape(side, side, 4) - expected.astype(int))
        assert apart.max() <= 1  # float32 in Python
        strongest = peak(saliency[of_class])
        assert (one["peak"] is None) == (strongest is None)
        if strongest is not None:
            assert (one["peak"]["row"], one["peak"]["column"]) == strongest[:2]
            assert one["peak"]["share"] == pytest.approx(strongest.share, rel=1e-5)
