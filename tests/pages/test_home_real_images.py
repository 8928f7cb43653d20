"""Home: a real image where the model brings none, what is said of it, and that it goes when it is removed."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from visit import FIRST, MODELS, arrive, cards, changed, findings, go, png, words

from core.bundle.manifest import SPLIT, TEST_IMAGES
from core.bundle.tables import read_csv
from core.data.duplicates.fingerprint import fingerprint
from core.data.image_facts import pixel_hash
from core.data.phantom.simulate import simulate
from core.data.provenance import BUSI
from pages.components.shared import data_folder, examples, open_models


def scan(label: str, number: int) -> np.ndarray:
    pixels = simulate(label, np.random.default_rng([11, number])).image
    return np.repeat(pixels[..., np.newaxis], 3, axis=2)


def example(app) -> dict:
    """The card of the example that stands on the page."""
    (proto,) = [one.proto for one in app.get("bidi_component") if "-example of " in one.proto.id]
    (card,) = json.loads(proto.json)["cards"]
    return card


def preview(app) -> str:
    """The image on the card of a page that is made from the example."""
    return cards(app, "preview Augmentation")[0]["source"]


def home():
    """Home once the images of the data folder have been read."""
    name = "model"
    shown = open_models.known(name, str(data_folder.setting().parent / name))
    examples._of_folder(shown, data_folder.setting()).future.exception(60)
    app = arrive().run()
    assert not app.exception
    return app


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """An empty data folder, and a model of real images that was trained on two images of the test."""
    draft = tmp_path / "draft"
    shutil.copytree(MODELS / FIRST, draft)
    split = read_csv(draft / SPLIT)
    for row, (label, number) in zip(
        split.index[(split["set"] == "train") & (split["kind"] == "image")],
        (("malignant", 1), ("benign", 2)),
        strict=False,
    ):
        pixels = scan(label, number)
        split.loc[row, ["sha256", "fingerprint"]] = (pixel_hash(pixels), fingerprint(pixels))
    split.to_csv(draft / SPLIT, index=False)
    model = changed(draft, tmp_path / "model", data=BUSI, drop=(TEST_IMAGES,))
    monkeypatch.setenv("MODEL", str(model))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    for label in ("benign", "malignant"):
        (tmp_path / "data" / label).mkdir(parents=True)
    return tmp_path / "data"


def test_an_image_that_was_not_in_training_is_preferred(folder) -> None:
    # A near-duplicate: its pixels are not those of the training image.
    (folder / "malignant" / "a.png").write_bytes(png(scan("malignant", 1)[::2, ::2]))
    (folder / "benign" / "b.png").write_bytes(png(scan("benign", 3)))
    app = home()
    assert example(app)["label"] == "True class: benign"
    assert "Seen in training" not in findings(app)
    assert "drawn at random" not in words(app)
    assert app.header[0].value.startswith("Predicted class: ")
    # Of the positive class, where both kinds are new.
    (folder / "malignant" / "c.png").write_bytes(png(scan("malignant", 4)))
    app = home()
    assert example(app)["label"] == "True class: malignant"
    assert "Seen in training" not in findings(app)


def test_where_all_were_in_training_it_is_said_as_on_classify(folder) -> None:
    (folder / "malignant" / "a.png").write_bytes(png(scan("malignant", 1)))
    (folder / "benign" / "b.png").write_bytes(png(scan("benign", 2)))
    app = home()
    assert "Seen in training" in findings(app)
    assert "A correct prediction proves nothing." in words(app)
    assert "The training data has " in words(app)
    classify = go(arrive(), "pages/classify.py")
    shown = open_models.known("model", str(folder.parent / "model"))
    classify.session_state["images"] = [examples.image(shown, examples.find(shown).examples, 0)]
    assert "Seen in training" in findings(classify.run())


def test_an_image_that_was_removed_is_shown_no_more(folder) -> None:
    (folder / "malignant" / "a.png").write_bytes(png(scan("malignant", 5)))
    first = home()
    assert example(first)["note"] == "Image from data. Licence: not stated"
    previews = [preview(arrive().run())]
    (folder / "malignant" / "a.png").write_bytes(png(scan("malignant", 6)))
    second = home()
    assert example(second)["source"] != example(first)["source"]
    previews.append(preview(arrive().run()))
    (folder / "malignant" / "a.png").unlink()
    last = home()
    assert example(last)["note"].startswith("Simulated image from the test set of ")
    previews.append(preview(last))
    assert len(set(previews)) == 3


@pytest.mark.parametrize("how", ["no rows", "no table"])
def test_test_images_that_cannot_be_read_were_published(app, monkeypatch, tmp_path, how) -> None:
    draft = shutil.copytree(MODELS / FIRST, tmp_path / "draft")
    if how == "no rows":
        pd.read_parquet(draft / TEST_IMAGES).iloc[:0].to_parquet(draft / TEST_IMAGES)
    else:
        (draft / TEST_IMAGES).write_bytes(b"x")
    monkeypatch.setenv("MODEL", str(changed(draft, tmp_path / "spoilt")))
    text = words(app.run())
    assert not app.exception
    assert "The test images of spoilt cannot be shown. The example and its prediction are from" in text
    assert "published without" not in text
    assert app.header[0].value.startswith(f"Predicted class ({FIRST}): ")
