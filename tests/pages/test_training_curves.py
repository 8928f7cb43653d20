"""Training curves: of the bundle, of others, and of the paper."""

import shutil

import pytest
from visit import FIRST, MODELS, SECOND, changed, go, words

from core.bundle.epoch_facts import epoch_facts
from core.bundle.folder import open_bundle, read_manifest, write_manifest
from core.bundle.history import Run
from core.bundle.manifest import HISTORY, VALIDATION

PAGE = "pages/training_curves.py"
pytestmark = pytest.mark.usefixtures("link_to_phantom")


def epoch(app):
    return next(slider for slider in app.slider if slider.label == "Epoch")


def test_the_page_opens_on_the_whole_training_beside_its_twin(app) -> None:
    go(app, PAGE)
    manifest = read_manifest(MODELS / FIRST)
    text = words(app)
    assert f"The model is epoch **{manifest.best_epoch}** of" in text
    assert "can be inferred" in text
    assert epoch(app).value == manifest.recipe.epochs
    summary, every, published = (frame.value for frame in app.dataframe)
    assert list(summary["run"]) == [FIRST, SECOND]
    assert len(every) == 2 * manifest.recipe.epochs
    assert published["val_accuracy"].tolist()[-1] == 0.8975


def test_four_tiles_say_the_same_of_every_epoch(app) -> None:
    app.query_params["epoch"] = "12"
    go(app, PAGE)
    names = ["Best epoch so far", "Overfitting gap", "Validation loss", "Learning rate"]
    run = Run(FIRST, open_bundle(MODELS / FIRST).table(HISTORY), 0)
    for number in (12, 13):
        assert [tile.label for tile in app.metric] == names
        facts = epoch_facts(run, number)
        assert [(tile.value, tile.delta) for tile in app.metric] == [(one.value, one.note) for one in facts]
        next(button for button in app.button if button.label == "Next").click().run()


def test_an_address_holds_the_view_and_the_matrix_is_of_its_epoch(app) -> None:
    app.query_params.update({"epoch": "12", "axis": "time", "smoothing": "0.5", "log": "true"})
    app.query_params["runs"] = ["Table 3 of the paper"]
    go(app, PAGE)
    assert not app.exception
    text = words(app)
    assert "Epoch 12 of 40: " in text
    assert "No loss known for Table 3 of the paper." in text
    assert "No times known for Table 3 of the paper." in text
    table = open_bundle(MODELS / FIRST).table(VALIDATION)
    row = table[(table["epoch"] == 12) & (table["true_class"] == "malignant")]
    predicted = row[["p_benign", "p_malignant", "p_normal"]].to_numpy().argmax(axis=1)
    matrix = next(one.proto.alt for one in app.get("plotly_chart") if "confusion" in one.proto.alt)
    assert "of epoch 12." in matrix
    assert f"malignant: {sum(predicted == 0)} benign, {sum(predicted == 1)} malignant" in matrix
    app.button(key="play").click().run()
    assert app.button(key="play").label == "Pause"
    next(button for button in app.button if button.label == "Next").click().run()
    assert app.button(key="play").label == "Play"
    assert epoch(app).value == 13
    next(button for button in app.button if button.label == "Back").click().run()
    assert "Epoch 12 of 40: " in words(app)


def test_playing_from_the_end_starts_again_and_a_shorter_training_takes_its_own_last_epoch(
    app, monkeypatch, tmp_path
) -> None:
    folder = changed(MODELS / FIRST, tmp_path / "mine")
    history = (folder / "history.csv").read_text().splitlines()
    (folder / "history.csv").write_text("\n".join(history[:31]))
    changed(folder, tmp_path / "shorter")
    monkeypatch.setenv("MODEL", f"{MODELS / FIRST},{tmp_path / 'shorter'},{tmp_path / 'nothing'}")
    go(app, PAGE)
    app.button(key="play").click().run()
    assert epoch(app).value == 1
    assert epoch(app).disabled  # while it plays
    next(button for button in app.button if button.label == "Next").click().run()
    epoch(app).set_value(35).run()
    app.pills(key="runs").set_value(["shorter", "nothing"]).run()
    assert "nothing is not shown: " in words(app)
    assert list(app.dataframe[0].value["epochs"]) == [40, 30]
    epoch(app).set_value(12).run()
    assert app.query_params["epoch"] == "12"
    app.sidebar.radio[0].set_value("shorter").run()
    assert not app.exception
    assert epoch(app).value == 30
    assert "epoch" not in app.query_params


def test_a_compared_run_without_a_readable_history_leaves_the_page_and_says_why(
    app, monkeypatch, tmp_path
) -> None:
    folder = changed(MODELS / FIRST, tmp_path / "broken")
    (folder / "history.csv").write_text("epoch\n1\n")
    changed(folder, tmp_path / "without")
    monkeypatch.setenv("MODEL", f"{MODELS / FIRST},{tmp_path / 'without'}")
    app.query_params["runs"] = ["without"]
    go(app, PAGE)
    assert not app.exception
    assert not app.error
    (warning,) = [one.value for one in app.warning if "without is not shown: " in one.value]
    assert "history" in warning
    assert len(app.metric) == 4
    assert list(app.dataframe[0].value["run"]) == [FIRST]


def test_an_epoch_that_is_none_is_left_out_of_the_address(app) -> None:
    for given in ("0", "99", "9" * 5000, "twelve"):
        app.query_params["epoch"] = given
        go(app, PAGE)
        assert not app.exception
        assert epoch(app).value in (1, 40)


@pytest.mark.parametrize("axis", ["epoch", "time"])
def test_a_training_of_one_epoch_is_shown_without_a_player(app, monkeypatch, tmp_path, axis: str) -> None:
    folder = shutil.copytree(MODELS / FIRST, tmp_path / "one")
    history = (folder / "history.csv").read_text().splitlines()
    (folder / "history.csv").write_text("\n".join(history[:2]))
    fields = read_manifest(folder).model_dump(exclude={"files", "schema_version"})
    write_manifest(folder, **fields | {"best_epoch": 1})
    monkeypatch.setenv("MODEL", f"{folder},{MODELS / FIRST}")
    app.query_params.update({"model": "one", "epoch": "7", "axis": axis, "log": "true"})
    go(app, PAGE)
    assert not app.exception
    assert not app.error
    assert "Epoch 1 of 1: " in words(app)
    assert "Play" not in [button.label for button in app.button]
    app.sidebar.radio[0].set_value(FIRST).run()
    assert not app.exception
    app.button(key="play").click().run()
    app.sidebar.radio[0].set_value("one").run()
    assert not app.exception
    assert "Epoch 1 of 1: " in words(app)
