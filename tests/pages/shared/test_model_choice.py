"""The model that the pages show: the first of real images, or the visitor's choice, whatever the image."""

import shutil

import pandas as pd
import pytest
from visit import FIRST, MODELS, PAGES, REAL, SECOND, arrive, cards, changed, findings, go, png, send, words

from core.bundle.card import source
from core.bundle.folder import open_bundle, read_manifest
from core.bundle.manifest import MODEL, SPLIT, TEST_SET
from core.data.image_facts import read_image
from core.images.preprocessing import fit
from core.serving import catalog
from pages.components.shared.keys import Key

CLASSIFY, MATRIX = "pages/classify.py", "pages/confusion_matrix.py"
OUTSIDE = "Outside the training domain"


def press(app, label):
    return next(button for button in app.button if button.label.replace("\\", "") == label).click().run()


def model_of(app) -> str:
    """The model in the frame, which the picker shows too."""
    assert not app.exception
    shown = app.sidebar.radio[0].value
    assert f"Model **{shown}** · " in words(app)
    return shown


@pytest.mark.slow
def test_no_image_changes_the_model(app, upload) -> None:
    """Without a choice every page shows the first model of real images, and the address names none."""
    go(app, CLASSIFY)
    assert model_of(app) == REAL
    send(app, upload[0], png(upload[1]))
    assert model_of(app) == REAL
    assert OUTSIDE not in findings(app)
    press(app, "Simulated 1")
    assert findings(app).count(OUTSIDE) == 1
    assert "This model saw only real images; its prediction is not meaningful here." in words(app)
    # Far from the training images too, for the same reason: said once.
    assert "Out of distribution" not in findings(app)
    # In the table, of the image that it is about alone.
    assert [OUTSIDE in checks for checks in app.dataframe[0].value["checks"]] == [False, True]
    for page in PAGES:
        app.switch_page(page).run()
        assert model_of(app) == REAL
        assert "model" not in app.query_params


def test_the_picker_says_what_each_model_was_trained_on(app) -> None:
    picker = app.run().sidebar.radio[0]
    assert [label.replace("\\", "") for label in picker.options] == [REAL, FIRST, SECOND]
    assert [caption.replace("\\", "") for caption in picker.proto.captions] == [
        "BUSI and BUS-BRA",
        *["simulated images (teaching model)"] * 2,
    ]


@pytest.mark.parametrize("page", [CLASSIFY, "pages/augmentation.py"])
def test_a_simulated_image_can_be_opened_with_the_teaching_model_and_back(app, page) -> None:
    go(app, CLASSIFY)
    press(app, "Simulated 1")
    app.switch_page(page).run()
    assert findings(app).count(OUTSIDE) == 1
    press(app, "Open with the teaching model")
    assert (model_of(app), app.query_params["model"]) == (FIRST, FIRST)
    assert OUTSIDE not in findings(app)
    press(app, f"Back to {REAL}")
    assert model_of(app) == REAL
    assert OUTSIDE in findings(app)
    assert not [button for button in app.button if button.label.startswith("Back to ")]
    # Picking it is another choice, from which no way back is offered.
    press(app, "Open with the teaching model")
    app.sidebar.radio[0].set_value(SECOND).run()
    assert not [button for button in app.button if button.label.startswith("Back to ")]


@pytest.mark.parametrize("way", ["picker", pytest.param("link", marks=pytest.mark.slow)])
def test_a_choice_stays_and_an_upload_can_be_opened_with_the_default_model(app, upload, way) -> None:
    if way == "link":
        app.query_params["model"] = SECOND
    go(app, CLASSIFY)
    if way == "picker":
        app.sidebar.radio[0].set_value(SECOND).run()
    press(app, "Simulated 1")
    assert (model_of(app), app.query_params["model"]) == (SECOND, SECOND)
    assert OUTSIDE not in findings(app)
    app.switch_page("pages/augmentation.py").run()
    assert (model_of(app), app.query_params["model"]) == (SECOND, SECOND)
    app.switch_page(CLASSIFY).run()
    send(app, upload[0], png(upload[1]))
    assert model_of(app) == SECOND
    assert findings(app).count(OUTSIDE) == 1
    assert "This model saw only simulated images; its prediction is not meaningful here." in words(app)
    press(app, f"Open with {REAL}")
    assert model_of(app) == REAL
    assert OUTSIDE not in findings(app)


def test_of_a_setting_the_first_model_is_shown_and_one_for_each_kind_is_offered(
    app, upload, monkeypatch
) -> None:
    monkeypatch.setenv("MODEL", f"{MODELS / FIRST}, {MODELS / REAL}")
    go(app, CLASSIFY)
    send(app, upload[0], png(upload[1]))
    assert (model_of(app), app.query_params["model"]) == (FIRST, FIRST)
    assert f"Open with {REAL}" in [button.label.replace("\\", "") for button in app.button]


def picked(app) -> list[str]:
    """The models in the picker."""
    return [label.replace("\\", "") for label in app.sidebar.radio[0].options]


@pytest.mark.slow
def test_the_embedded_teaching_model_can_be_opened_although_the_setting_does_not_name_it(
    app, monkeypatch
) -> None:
    monkeypatch.setenv("MODEL", str(MODELS / REAL))
    go(app, CLASSIFY)
    press(app, "Simulated 1")
    assert OUTSIDE in findings(app)
    assert picked(app) == [REAL]
    press(app, "Open with the teaching model")
    assert (model_of(app), app.query_params["model"]) == (FIRST, FIRST)
    assert picked(app) == [REAL, FIRST]
    assert OUTSIDE not in findings(app)
    press(app, f"Back to {REAL}")
    assert model_of(app) == REAL
    # It stays, on every page, and a link that names it brings it too.
    assert picked(app.switch_page(MATRIX).run()) == [REAL, FIRST]
    visitor = arrive()
    visitor.query_params["model"] = FIRST
    assert picked(visitor.run()) == [REAL, FIRST]
    assert model_of(visitor) == FIRST
    assert picked(arrive().run()) == [REAL]


def test_where_no_teaching_model_is_embedded_none_is_offered(app, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("MODEL", str(MODELS / REAL))
    monkeypatch.setattr(catalog.teaching, "__defaults__", (tmp_path,))
    go(app, CLASSIFY)
    press(app, "Simulated 1")
    assert OUTSIDE in findings(app)
    assert not [button for button in app.button if button.label.startswith("Open with ")]


@pytest.mark.slow
def test_a_teaching_model_that_cannot_be_loaded_is_passed_over(app, monkeypatch, tmp_path) -> None:
    draft = shutil.copytree(MODELS / SECOND, tmp_path / "draft")
    (draft / MODEL).write_bytes(b"not a network")
    monkeypatch.setenv("MODEL", f"{MODELS / REAL}, {changed(draft, tmp_path / 'broken')}")
    go(app, CLASSIFY)
    press(app, "Simulated 1")
    press(app, "Open with the teaching model")
    assert model_of(app) == FIRST
    assert picked(app) == [REAL, "broken", FIRST]
    assert not app.error
    # Where none can be loaded, it is said why.
    monkeypatch.setattr(catalog.teaching, "__defaults__", (tmp_path,))
    other = go(arrive(), CLASSIFY)
    press(other, "Simulated 1")
    press(other, "Open with the teaching model")
    assert [error.proto.title for error in other.error] == ["broken cannot be used"]


def test_of_real_images_the_numbers_are_shown_and_how_to_see_them(app) -> None:
    app.query_params["model"] = REAL
    text = words(app.run())
    manifest = read_manifest(MODELS / REAL)
    assert source(manifest).replace("\\", "") in text
    assert f"{manifest.metrics.macro_f1.value:.3f}" in [metric.value for metric in app.metric]
    assert f"{REAL} was published without test images" in text
    app.switch_page(MATRIX).run()
    app.selectbox(key="true").select("benign")
    app.selectbox(key="called").select("benign").run()
    assert not app.exception
    assert not app.image
    count = manifest.metrics.confusion_matrix[0][0]
    assert f"**{count}** of {sum(manifest.metrics.confusion_matrix[0])} benign images" in words(app)
    assert f"None of these {count} images can be shown" in words(app)
    assert f"get the data ({manifest.data.name}) and set DATA_DIR to its folder" in words(app)
    app.switch_page("pages/training_curves.py").run()
    assert list(app.dataframe[0].value["run"]) == [REAL]


def test_real_images_are_found_in_the_data_and_recognised_when_they_were_in_training(
    app, busi, monkeypatch, tmp_path
) -> None:
    bundle = open_bundle(MODELS / REAL)
    table, split = bundle.table(TEST_SET), bundle.table(SPLIT)
    names = list(bundle.manifest.class_names)
    predicted = pd.Series(names)[table[[f"p_{name}" for name in names]].to_numpy().argmax(axis=1)].to_numpy()
    cell = table[(table["true_class"] == "normal") & (predicted == "normal")]
    (tmp_path / "data").mkdir()
    for number, file in enumerate(cell["file"]):
        shutil.copyfile(busi / file.removeprefix("busi/"), tmp_path / "data" / f"{number}.png")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    app.query_params["model"] = REAL
    go(app, MATRIX)
    app.selectbox(key="true").select("normal")
    app.selectbox(key="called").select("normal").run()
    assert not app.exception
    assert len(cards(app, Key.CELL_IMAGES)) == min(len(cell), 12)

    visitor = go(arrive(), CLASSIFY)
    trained = split.loc[(split["set"] == "train") & (split["kind"] == "image"), "file"].iloc[0]
    send(visitor, "scan.png", png(read_image(busi / trained.removeprefix("busi/"))))
    assert model_of(visitor) == REAL
    assert "Seen in training" in findings(visitor)
    assert f"The training data has this image: {trained}." in words(visitor)
    send(
        visitor,
        "small.png",
        png(fit(read_image(busi / trained.removeprefix("busi/")), bundle.manifest.recipe.preprocessing)),
    )
    assert "Seen in training" in findings(visitor)
    send(visitor, "other.png", png(read_image(busi / cell["file"].iloc[0].removeprefix("busi/"))))
    assert model_of(visitor) == REAL
    assert "Seen in training" not in findings(visitor)
