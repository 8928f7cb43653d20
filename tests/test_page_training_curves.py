"""Training curves: of the bundle and of the paper."""

from visit import FIRST, MODELS, go, words

from core.bundle import read_manifest


def test_the_curves_name_the_best_epoch_and_the_papers(app) -> None:
    go(app, "pages/training_curves.py")
    manifest = read_manifest(MODELS / FIRST)
    text = words(app)
    assert f"holds epoch **{manifest.best_epoch}** of" in text
    assert "can be inferred" in text
    tables = [frame.value for frame in app.dataframe]
    assert len(tables[0]) == manifest.recipe.epochs
    assert tables[1]["val_accuracy"].tolist()[-1] == 0.8975
