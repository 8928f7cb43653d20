"""Confusion matrix: its cells, their pictures, and bundles without them."""

import pandas as pd
from visit import FIRST, MODELS, SECOND, changed, go, words

from core.bundle import read_manifest
from core.manifest import TEST_IMAGES, TEST_SET


def test_every_cell_of_the_matrix_shows_its_pictures(app) -> None:
    go(app, "pages/confusion_matrix.py")
    manifest = read_manifest(MODELS / FIRST)
    for row, true_class in enumerate(manifest.class_names):
        app.selectbox(key="true class").select(true_class)
        for column, predicted in enumerate(manifest.class_names):
            app.selectbox(key="predicted class").select(predicted).run()
            assert not app.exception
            count = manifest.metrics.confusion_matrix[row][column]
            assert f"**{count}** of {sum(manifest.metrics.confusion_matrix[row])} {true_class}" in words(app)
            pictures = app.image
            assert len(pictures) == min(count, 12)
    app.segmented_control(key="show").set_value("Row shares").run()
    assert not app.exception


def test_a_bundle_without_test_pictures_still_shows_the_rest(app, monkeypatch, tmp_path) -> None:
    folder = changed(MODELS / FIRST, tmp_path / "bare", drop=(TEST_IMAGES,))
    monkeypatch.setenv("MODEL", str(folder))
    go(app, "pages/confusion_matrix.py")
    assert not app.exception
    assert "leaves out" in app.info[0].value
    cell = app.dataframe[-1].value
    assert len(cell)
    assert not app.image


def test_the_figures_of_the_table_are_those_of_the_manifest() -> None:
    for label in (FIRST, SECOND):
        manifest = read_manifest(MODELS / label)
        table = pd.read_parquet(MODELS / label / TEST_SET)
        assert len(table) == manifest.metrics.pictures
