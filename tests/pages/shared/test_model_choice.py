"""The model that a visitor gets without choosing one: it suits the image. A choice stays."""

import shutil

import pandas as pd
import pytest
from visit import FIRST, MODELS, PAGES, REAL, SECOND, arrive, cards, findings, go, png, send, words

from core.bundle.card import source
from core.bundle.folder import open_bundle, read_manifest
from core.bundle.manifest import SPLIT, TEST_SET
from core.data.image_facts import read_image
from core.images.preprocessing import fit
from core.inference.evaluate import current_metrics
from pages.components.shared.keys import Key
from pages.components.shared.text import format_metric

CLASSIFY, MATRIX = "pages/classify.py", "pages/confusion_matrix.py"
OUTSIDE = "Outside the training domain"


def press(app, label):
    return next(button for button in app.button if button.label.replace("\\", "") == label).click().run()


def model_of(app) -> str:
    """The model in the frame, which the picker shows too."""
    assert not app.exception
    shown = app.sidebar.selectbox[0].value
    assert f"Model **{shown}** · " in words(app)
    return shown


def test_an_upload_brings_the_model_of_real_images_and_a_phantom_its_own(app, upload) -> None:
    name, pixels = upload
    worth = format_metric(current_metrics(open_bundle(MODELS / REAL)).macro_f1)
    for page in (PAGES[0], CLASSIFY):
        go(app, page)
        assert model_of(app) == FIRST
        assert f"Simulated images are classified by {FIRST}, uploaded ones by {REAL}." in words(app)
        assert f"{REAL} has macro F1 {worth}." in words(app)
        note = next(one for one in app.caption if "uploaded ones by" in one.value)
        assert note.help.startswith("The data has no patient ids")
    send(app, name, png(pixels))
    assert model_of(app) == REAL
    assert f"{name} is classified by {REAL}, which was trained on real images" in words(app)
    assert set(app.dataframe[0].value["model"]) == {REAL}
    assert f"macro F1 {worth}" in words(app)
    for page in PAGES[2:5]:  # one model on all of them, and in the address
        app.switch_page(page).run()
        assert (model_of(app), app.query_params["model"]) == (REAL, REAL)
    app.switch_page(CLASSIFY).run()
    press(app, "Benign")
    assert model_of(app) == FIRST
    assert f"simulated benign 1 is classified by {FIRST}, which was trained on simulated images." in words(
        app
    )
    several = "1 of these 2 images is outside the training domain: this model saw only simulated images."
    assert several in words(app)
    assert OUTSIDE not in findings(app)
    assert "model" not in app.query_params  # whoever follows the link has chosen nothing
    app.session_state["image"] = cards(app, "strip")[0]["key"]
    app.run()
    assert model_of(app) == REAL
    press(app, "Remove all")
    assert model_of(app) == FIRST


@pytest.mark.parametrize("way", ["picker", pytest.param("link", marks=pytest.mark.slow)])
def test_a_choice_stays_says_where_it_does_not_suit_and_can_be_taken_back(app, upload, way) -> None:
    if way == "link":
        app.query_params["model"] = REAL
    go(app, CLASSIFY)
    if way == "picker":
        app.sidebar.selectbox[0].select(REAL).run()
    assert "are classified by" not in words(app)
    press(app, "Benign")
    assert model_of(app) == REAL
    assert OUTSIDE in findings(app)
    assert "This model saw only real images; its prediction is not meaningful here." in words(app)
    app.switch_page("pages/augmentation.py").run()
    assert (model_of(app), app.query_params["model"]) == (REAL, REAL)
    assert OUTSIDE in findings(app)
    press(app, f"Use {FIRST}")
    assert model_of(app) == FIRST
    assert OUTSIDE not in findings(app)
    app.switch_page(CLASSIFY).run()
    send(app, upload[0], png(upload[1]))
    assert model_of(app) == REAL
    app.sidebar.selectbox[0].select(SECOND).run()
    send(app, "another.png", png(upload[1][::-1]))
    assert model_of(app) == SECOND
    assert "This model saw only simulated images; its prediction is not meaningful here." in words(app)
    press(app, f"Use {REAL}")
    assert model_of(app) == REAL


def test_a_setting_leaves_nothing_to_the_image(app, upload, monkeypatch) -> None:
    monkeypatch.setenv("MODEL", f"{MODELS / REAL}, {MODELS / FIRST}")
    go(app, CLASSIFY)
    for _ in range(2):
        press(app, "Benign")
        assert (model_of(app), app.query_params["model"]) == (REAL, REAL)
        assert OUTSIDE in findings(app)
        assert not [button for button in app.button if button.label.startswith("Use ")]
        send(app, upload[0], png(upload[1]))
        assert model_of(app) == REAL
    assert "is classified by" not in words(app)


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
        shutil.copyfile(busi / file, tmp_path / "data" / f"{number}.png")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    app.query_params["model"] = REAL
    go(app, MATRIX)
    app.selectbox(key="true").select("normal")
    app.selectbox(key="called").select("normal").run()
    assert not app.exception
    assert len(cards(app, Key.CELL_IMAGES)) == min(len(cell), 12)

    visitor = go(arrive(), CLASSIFY)
    trained = split.loc[(split["set"] == "train") & (split["kind"] == "image"), "file"].iloc[0]
    send(visitor, "scan.png", png(read_image(busi / trained)))
    assert model_of(visitor) == REAL
    assert "Seen in training" in findings(visitor)
    assert f"The training data has this image: {trained}." in words(visitor)
    send(visitor, "small.png", png(fit(read_image(busi / trained), bundle.manifest.recipe.preprocessing)))
    assert "Seen in training" in findings(visitor)
    send(visitor, "other.png", png(read_image(busi / cell["file"].iloc[0])))
    assert model_of(visitor) == REAL
    assert "Seen in training" not in findings(visitor)
