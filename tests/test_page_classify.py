"""Classify: from an upload to an answer, and what speaks against believing it."""

import shutil

import numpy as np
import pytest
from visit import FIRST, MODELS, changed, go, png, send, words

from core import dataset, duplicates
from core.classifier import Classifier
from core.manifest import SPLIT
from core.overlay import peak
from core.tables import read_csv


def test_classify_says_what_to_do_first(app) -> None:
    go(app, "pages/classify.py")
    assert "Upload one or several pictures" in app.info[0].value


def test_an_upload_is_classified_and_follows_to_the_augmentation(app, upload) -> None:
    name, pixels = upload
    go(app, "pages/classify.py")
    send(app, name, png(pixels))
    assert not app.exception
    text = words(app)
    assert "Most probable: " in text
    assert "Probabilities, calibrated: " in text
    assert "cells, drawn as they are" in text
    app.switch_page("pages/augmentation.py").run()
    assert f"**{name}**, unchanged" in words(app)
    app.switch_page("pages/classify.py").run()
    assert "Most probable: " in words(app)


def test_the_saliency_of_every_class_can_be_seen(app, upload) -> None:
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    classifier = Classifier.from_bundle(MODELS / FIRST)
    saliency = classifier.classify(upload[1]).saliency
    for name, of_class in zip(classifier.bundle.manifest.class_names, saliency, strict=True):
        app.segmented_control[0].set_value(name).run()
        assert not app.exception
        strongest = peak(of_class)
        expected = (
            f"The strongest for {name} is in row {strongest.row} of 6, column {strongest.column} of 6"
            if strongest
            else f"None of them raised the score of {name}."
        )
        assert expected in words(app)


def test_several_pictures_make_a_table_and_the_newest_is_shown(app, upload) -> None:
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    for label in ("Benign", "Normal"):
        next(button for button in app.button if button.label == label).click().run()
    table = app.dataframe[0].value
    assert list(table["picture"]) == [upload[0], "simulated benign 1", "simulated normal 1"]
    probabilities = table.filter(like="p_").sum(axis=1)
    assert np.allclose(probabilities, 1, atol=1e-5)
    picker = app.selectbox(key="picture picker")
    assert picker.value == 2
    picker.set_value(0).run()
    assert app.session_state["picture"] == dataset.pixel_hash(upload[1])
    next(button for button in app.button if button.label == "Remove all").click().run()
    assert app.info


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("notes.png", b"no picture at all", "notes.png is no PNG, JPEG, BMP, TIFF or WebP picture"),
        ("empty.png", b"", "empty.png is empty"),
    ],
)
def test_a_wrong_upload_is_refused_with_a_sentence_and_the_next_one_works(
    app, upload, name, data, sentence
) -> None:
    go(app, "pages/classify.py")
    send(app, name, data)
    assert not app.exception
    assert sentence in words(app)
    send(app, upload[0], png(upload[1]))
    assert "Most probable: " in words(app)
    assert not app.error


def test_classify_says_when_the_answer_proves_little(app, upload, monkeypatch, tmp_path) -> None:
    folder = tmp_path / "wary"
    shutil.copytree(MODELS / FIRST, folder)
    split = read_csv(folder / SPLIT)
    row = split.index[split["part"] == "train"][0]
    split.loc[row, ["sha256", "fingerprint"]] = (
        dataset.pixel_hash(upload[1]),
        duplicates.fingerprint(upload[1]),
    )
    split.to_csv(folder / SPLIT, index=False)
    changed(folder, tmp_path / "bundle", distance_threshold=0, conformal_threshold=1)
    monkeypatch.setenv("MODEL", str(tmp_path / "bundle"))
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    titles = [warning.proto.title for warning in app.warning]
    assert {"Seen in training", "Unlike the training data", "Not sure"} <= set(titles)
    assert split.loc[row, "file"] in words(app)
