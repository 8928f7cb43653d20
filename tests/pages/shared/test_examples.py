"""Example images on the pages: real ones where they can be had, and the truth after the prediction."""

import json
import shutil

import numpy as np
import pytest
from hub_datasets import DATA, REPO, upload
from streamlit.testing.v1 import AppTest
from visit import FIRST, MODELS, REAL, arrive, cards, changed, findings, go, png, words

from core.bundle.folder import open_bundle
from core.bundle.manifest import TEST_SET
from core.data.phantom.simulate import CLASSES, simulate
from core.data.provenance import BUSI
from core.serving.catalog import embedded
from core.serving.examples import of_bundle
from pages.components.shared import data_folder, examples, open_models
from pages.components.shared.keys import Key

CLASSIFY, AUGMENTATION = "pages/classify.py", "pages/augmentation.py"
OUTSIDE = "Outside the training domain"


def model(name: str):
    """A model as the pages have it."""
    return open_models.known(name, embedded().get(name, name))


def plain(text: str) -> str:
    """A text without what keeps it from being read as Markdown."""
    return text.replace("\\", "").replace("\u2060", "")


def read(name: str = REAL) -> None:
    """Wait for what a page has begun to read in the background."""
    if folder := data_folder.setting():
        examples._of_folder(model(name), folder).future.exception(60)
    if setting := examples.setting():
        examples._fetched(setting).future.exception(60)


def shown(app) -> list[dict]:
    """The cards of the examples."""
    return cards(app, Key.EXAMPLES)


def of_home(app) -> dict:
    """The card of the example on Home."""
    (proto,) = [one.proto for one in app.get("bidi_component") if "-example of " in one.proto.id]
    (card,) = json.loads(proto.json)["cards"]
    return card


def simulated(app) -> bool:
    return "No image at hand? Simulate one:" in words(app)


def opened(app, name: str = REAL, number: int = 0):
    """The page after the click on a card, which a browser's test does."""
    shown = model(name)
    app.session_state["images"] = [examples.image(shown, examples.find(shown).examples, number)]
    app.switch_page(CLASSIFY).run()
    assert not app.exception
    return app


@pytest.fixture
def clinic(tmp_path, monkeypatch) -> None:
    """A data folder that has none of the test images of the embedded models."""
    for label in CLASSES:
        (tmp_path / "clinic" / label).mkdir(parents=True)
        for number in range(3):
            pixels = simulate(label, np.random.default_rng([7, number])).image
            (tmp_path / "clinic" / label / f"{label} {number}.png").write_bytes(png(pixels))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "clinic"))


def test_a_model_with_test_images_shows_some_without_their_class(app) -> None:
    app.query_params["model"] = FIRST
    go(app, CLASSIFY)
    first = shown(app)
    assert len(first) == 6
    assert not [card for card in first if any(name in str({**card, "source": ""}) for name in CLASSES)]
    assert f"Test images of {FIRST}. Licence: CC0-1.0" in words(app)
    assert "class by class. Citation: Simulated by" in words(app)
    next(button for button in app.button if button.label == "Others").click().run()
    assert not {card["key"] for card in first} & {card["key"] for card in shown(app)}


@pytest.mark.slow
@pytest.mark.parametrize("label", CLASSES)
def test_the_true_class_stands_with_the_prediction(app, label) -> None:
    found = of_bundle(open_bundle(MODELS / FIRST))
    number = next(n for n, one in enumerate(found.images) if one.true_class == label)
    app.query_params["model"] = FIRST
    go(app, CLASSIFY)
    assert "True class" not in words(app)
    opened(app, FIRST, number)
    predicted = app.header[0].value.removeprefix("Predicted class: ")
    row = open_bundle(MODELS / FIRST).table(TEST_SET).set_index("sha256").loc[found.images[number].sha256]
    # What the bundle stores was predicted for this very image.
    assert predicted == max(CLASSES, key=lambda name: row[f"p_{name}"])
    icon = "check_circle" if predicted == label else "cancel"
    assert f":material/{icon}: True class: **{label}**" in words(app)
    assert list(app.dataframe[0].value["true_class"]) == [label]
    assert OUTSIDE not in findings(app)


@pytest.mark.slow
def test_of_a_simulated_image_it_stands_too_and_of_an_upload_it_does_not(app, upload) -> None:
    go(app, CLASSIFY)
    assert simulated(app)
    app.file_uploader[0].upload(upload[0], png(upload[1])).run()
    assert "True class" not in words(app)
    assert "true_class" not in app.dataframe[0].value
    next(button for button in app.button if button.label == "Simulated 2").click().run()
    assert "True class: **normal**" in words(app)
    assert list(app.dataframe[0].value["true_class"]) == ["", "normal"]
    for number in (1, 3):
        assert not [button for button in app.button if button.label == "Simulated 4"]
        next(button for button in app.button if button.label == f"Simulated {number}").click().run()
    assert list(app.dataframe[0].value["true_class"]) == ["", "normal", "benign", "malignant"]
    # Three more, so that there is always one of each class.
    offered = [button.label for button in app.button if button.label.startswith("Simulated")]
    assert offered == [f"Simulated {number}" for number in (4, 5, 6)]


@pytest.mark.usefixtures("clinic")
def test_a_data_folder_gives_images_once_it_has_been_read(app) -> None:
    go(app, CLASSIFY)
    read()
    app.run()
    assert len(shown(app)) == 6
    assert "Images from clinic. Licence: not stated" in words(app)
    assert not simulated(app)
    opened(app)
    assert "True class: **" in words(app)
    assert OUTSIDE not in findings(app)
    # A page that needs an image takes one of them, and Home has a prediction for one.
    other = go(arrive(), AUGMENTATION)
    assert "unchanged image, **example 1 of clinic**" in words(other)
    home = arrive().run()
    card = of_home(home)
    assert card["label"] == "True class: malignant"
    assert card["note"] == "Image from clinic. Licence: not stated"
    assert "This prediction is **" in words(home)
    # For a teaching model they would be outside the training domain.
    teaching = arrive()
    teaching.query_params["model"] = FIRST
    go(teaching, CLASSIFY)
    assert f"Test images of {FIRST}" in words(teaching)


@pytest.fixture
def data_set(anns_hub, empty_cache, monkeypatch) -> None:  # noqa: ARG001
    """The setting EXAMPLES, of a data set on the Hub of the test."""
    scans = {
        f"{label}/{number}.png": png(simulate(label, np.random.default_rng([9, number])).image)
        for label in CLASSES
        for number in range(3)
    }
    monkeypatch.setenv("EXAMPLES", f"{DATA}@{upload(anns_hub, scans)}")


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
@pytest.mark.usefixtures("data_set")
def test_a_data_set_of_the_hub_gives_images_with_licence_and_citation(app, anns_hub) -> None:
    go(app, CLASSIFY)
    read()
    app.run()
    assert len(shown(app)) == 6
    assert f"Images from {REPO}. Licence: cc-by-4.0" in words(app)
    assert f"Citation: {anns_hub.endpoint}/datasets/{REPO}" in plain(words(app))
    anns_hub.log.clear()
    opened(app)
    assert "True class: **" in words(app)
    assert not anns_hub.log
    home = arrive().run()
    assert of_home(home)["note"] == f"Image from {REPO}. Licence: cc-by-4.0"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (DATA, f"{DATA} is not pinned: give a commit, as in {DATA}@COMMIT."),
        (f"{DATA}@{'0' * 40}", "does not exist on the Hub"),
    ],
)
@pytest.mark.usefixtures("anns_hub", "empty_cache")
def test_where_it_cannot_be_fetched_one_line_says_so(app, monkeypatch, setting, said) -> None:
    monkeypatch.setenv("EXAMPLES", setting)
    go(app, CLASSIFY)
    read()
    app.run()
    assert simulated(app)
    (line,) = [one.value for one in app.caption if "cannot be shown" in one.value]
    assert said in plain(line)


@pytest.mark.usefixtures("clinic")
def test_examples_of_two_sources_have_different_names(app) -> None:
    go(app, CLASSIFY)
    read()
    real, teaching = model(REAL), model(FIRST)
    app.session_state["images"] = [
        examples.image(one, examples.find(one).examples, 0) for one in (real, teaching)
    ]
    app.run()
    assert list(app.dataframe[0].value["file"]) == ["example 1 of clinic", f"example 1 of {FIRST}"]


def gone() -> None:
    """A script: a click on a card whose file is no longer there."""
    from pages.components.shared import images

    images.take(None)
    images.show_problems()


def test_an_example_whose_file_vanished_says_so() -> None:
    (error,) = AppTest.from_function(gone).run().error
    assert plain(error.value) == "This example is gone: its file was changed or removed. Open another one."


@pytest.mark.usefixtures("clinic")
def test_a_card_whose_file_vanished_gives_no_image(tmp_path) -> None:
    data_folder.indexed(data_folder.setting()).future.result(60)
    read()
    found = examples.find(model(REAL)).examples
    shutil.rmtree(tmp_path / "clinic")
    assert examples.image(model(REAL), found, 0) is None


def test_a_model_of_real_images_whose_test_images_were_published_shows_them(
    app, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("MODEL", str(changed(MODELS / FIRST, tmp_path / "published", data=BUSI)))
    go(app, CLASSIFY)
    assert len(shown(app)) == 6
    assert "Test images of published." in words(app)
    assert not [button for button in app.button if button.label.startswith("Simulated")]
