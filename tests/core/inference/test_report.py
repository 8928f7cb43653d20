"""The report: what it says, that names stay names, and that it needs nothing else and gives nothing away."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hostile_names import CLASSES, FILE, HOST
from PIL import Image
from reports import BOX, COMMIT, FINDINGS, SUMMARY, full_report, plain_report

from core.bundle import known_images
from core.escape import visible
from core.inference.report import render
from core.inference.report_content import short_name

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "section", "footer", "div", "span"),
    *("h1", "h2", "p", "strong", "ul", "li", "figure", "img", "figcaption", "table", "tr", "th", "td"),
    *("svg", "rect", "line", "polyline"),
}


class Page(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data) -> None:
        self.words += data

    @property
    def text(self) -> str:
        return " ".join(self.words.split())


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return full_report(tmp_path_factory.mktemp("report") / "hostile")


def test_names_stay_names(full) -> None:
    page = Page(render(full))
    assert {tag for tag, _ in page.elements} <= TAGS
    for name in (*map(short_name, CLASSES), visible(FILE)):
        assert name in page.text.replace("  ", " ")
    assert SUMMARY[1] in page.text


@pytest.mark.parametrize("make", [full_report, plain_report])
def test_it_needs_nothing_else_and_runs_nothing(make, tmp_path) -> None:
    text = render(make(tmp_path / "hostile"))
    page = Page(text)
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("href", "srcset")]
        if tag == "img":
            assert (attributes["src"] or "").startswith("data:image/png;base64,")
            assert attributes["alt"]
        else:
            assert "src" not in attributes
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert not re.search(r"url\(|@import|https?:", style)
    # An address stands in a name alone, as text.
    assert all(HOST in found or "…" in found for found in re.findall(r"https?://[^<\"]*", text))
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert policy in [attributes.get("content") for tag, attributes in page.elements if tag == "meta"]


def test_it_says_what_was_predicted_by_what_and_what_that_is_worth(full) -> None:
    text, prediction = Page(render(full)).text, full.prediction
    assert "Not a medical device. For teaching and research only" in text
    assert "2026-11-29 08:05 UTC" in text
    assert full.clip is not None
    predicted = f"Frame {full.clip.shown}: {short_name(prediction.predicted_class)}"
    assert predicted in text
    for probability in prediction.probabilities.values():
        assert f"{probability:.1%}" in text
    possible = " or ".join(map(short_name, CLASSES))
    true = f"True class (whole image): {short_name(CLASSES[0])}."
    assert f"Possible: {possible}. {true}" in text
    for sentence in (*FINDINGS, *full.limits, *SUMMARY):
        assert sentence in text
    assert any("On Beta, the worst of 2 held-out sources" in sentence for sentence in full.limits)
    assert f"commit {COMMIT}; trained on" in text
    for value in (full.origin.bundle_sha256, full.sha256):
        assert value in text
    assert visible(known_images.describe_agreement(full.manifest)) in text
    assert known_images.LIKENESS in text


def test_similar_images_stand_with_name_set_classes_and_distance(full) -> None:
    text = Page(render(full)).text
    for one in full.similar:
        name = short_name(one.file.rsplit("/", 1)[-1])
        match = " (near-duplicate)" if one.match else ""
        kind = {"test": "test", "train": "training"}[one.set]
        predicted = short_name(one.predicted_class) if one.predicted_class else "–"
        row = f"{name}{match}{kind}{short_name(one.true_class)}{predicted}{one.distance:.3f}"
        assert row in text
    without = Page(render(full._replace(similar=()))).text
    assert "There is no known image to compare with." in without


def test_the_crop_is_framed_and_both_predictions_stand_beside_each_other(full) -> None:
    page = Page(render(full))
    uploaded, crop, explained = images(page)
    orange = (uploaded == [230, 159, 0]).all(axis=2)
    assert np.argwhere(orange).min(axis=0) == pytest.approx([BOX.top, BOX.left], abs=2)
    assert np.argwhere(orange).max(axis=0) == pytest.approx([BOX.bottom, BOX.right], abs=2)
    assert crop.shape == (220, 270, 3)
    assert explained.shape[0] == explained.shape[1]
    assert "The crop, 270 × 220 pixels, from column 60, row 40." in page.text
    for what, one in (("whole image", full.crop.whole), ("crop", full.prediction)):
        falling = sorted(one.probabilities.items(), key=lambda item: -item[1])
        assert what + ", ".join(f"{short_name(name)} {value:.1%}" for name, value in falling) in page.text


def images(page: Page) -> list[np.ndarray]:
    sources = [attributes["src"] or "" for tag, attributes in page.elements if tag == "img"]
    files = [io.BytesIO(base64.b64decode(source.partition(",")[2])) for source in sources]
    return [np.asarray(Image.open(file).convert("RGB")) for file in files]


def test_a_clip_has_a_line_for_each_class_and_its_frame_is_marked(full) -> None:
    page = Page(render(full))
    lines = [attributes for tag, attributes in page.elements if tag == "polyline"]
    assert [line["stroke"] for line in lines] == list(full.colours.values())
    assert all(len((line["points"] or "").split()) == 60 for line in lines)
    assert "frames 1 to 60, 0 % to 100 %; dashed: frame 13, shown above." in page.text


def test_an_image_alone_has_neither_crop_nor_clip_nor_a_name(tmp_path) -> None:
    report = plain_report(tmp_path / "hostile")
    page = Page(render(report))
    assert len(images(page)) == 2
    for word in ("The clip", "the crop", "True class:", "File:", "cmd|' www", "Decoding"):
        # Similar images have names of the same kind: of known files.
        assert word not in page.text.split("Similar known images")[0]
    assert "Breast-ultrasound prediction: an image" in page.text


def test_the_name_of_the_file_stands_there_only_if_wanted(full) -> None:
    name = "Unnameable_1970.dcm"
    assert f"File: {name}" in Page(render(full._replace(file=name))).text
    assert "Unnameable" not in render(full._replace(file=""))
    path = "archive 2024/patient 17/left breast, 3 o'clock/cine loop, radial 0003.dcm"
    assert f"File: {path}" in Page(render(full._replace(file=path))).text


def test_of_a_hundred_classes_the_most_probable_have_a_line(full) -> None:
    names = [f"class {number}" for number in range(100)]
    shares = dict(zip(names, np.random.default_rng(1).dirichlet(np.ones(100)).tolist(), strict=True))
    prediction = full.prediction._replace(
        probabilities=shares, possible=tuple(names), saliency=np.ones((100, 2, 2), np.float32)
    )
    manifest = full.manifest.model_copy(update={"class_names": tuple(names)})
    report = full._replace(
        prediction=prediction,
        manifest=manifest,
        colours=dict.fromkeys(names, "#0072B2"),
        crop=None,
        clip=None,
    )
    text = Page(render(report)).text
    shown = sorted(names, key=lambda name: -shares[name])[:6]
    assert all(f"{name}{shares[name]:.1%}" in text for name in shown)
    assert f"94 others{1 - sum(shares[name] for name in shown):.1%}" in text
    assert "class 5 or 94 more" in text
