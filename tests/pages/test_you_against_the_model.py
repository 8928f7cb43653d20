"""You against the model: a whole game, its link, links that are none, and where the images come from."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from bundles import SIDE, make_bundle
from page_texts import page_texts
from visit import FIRST, MODELS, REAL, SECOND, arrive, cards, go, png, send_back, sent, words

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT, TEST_IMAGES, TEST_SET
from core.bundle.tables import read_csv
from core.data.duplicates.fingerprint import fingerprint
from core.data.image_facts import pixel_hash
from core.data.phantom.simulate import CLASSES, simulate
from core.data.provenance import BUSI
from core.inference.classifier import Classifier
from core.serving import blinded_set
from pages.components.shared import data_folder, examples, open_models
from pages.components.shared.keys import Key
from pages.components.you_against_the_model import game, image_source

PAGE = "pages/you_against_the_model.py"


def drawn(label: str = FIRST, seed: int = 1, most: int = 20) -> pd.DataFrame:
    """The set of a seed, as it is drawn from the test images in a bundle."""
    bundle = open_bundle(MODELS / label)
    return blinded_set.draw(blinded_set.of_test_set(bundle, bundle.test_images()), seed, most)


def visit(**address: str):
    """The page, opened by a link."""
    app = arrive()
    app.switch_page(PAGE)
    app.query_params.update({"model": FIRST} | address)
    app.run()
    assert not app.exception
    return app


def played(app, classes: list[int | None]):
    """The page after a game with these answers, a second and a half each."""
    send_back(app, Key.GAME, "finished", {"classes": classes, "seconds": [1.5] * len(classes)})
    assert not app.exception
    return app


def matrices(app) -> list[list[list[int]]]:
    """The numbers in the two confusion matrices, yours first."""
    found = []
    for chart in app.get("plotly_chart"):
        _, points = json.loads(chart.proto.spec)["data"]
        found.append(np.array(points["text"], int).reshape(len(CLASSES), -1).tolist())
    return found


def test_a_set_is_the_seeds_and_tells_nothing_of_itself() -> None:
    first = sent(visit(), Key.GAME)
    assert [one["name"] for one in first["classes"]] == list(CLASSES)
    assert [one["letter"] for one in first["classes"]] == ["b", "m", "n"]
    assert (len(first["images"]), first["limit"]) == (20, 0)
    rows = drawn()
    everything = json.dumps({**first, "classes": []})
    for secret in [*rows["sha256"], *rows["file"], *CLASSES]:
        assert secret not in everything
        assert secret[:12] not in everything or secret in CLASSES
    assert sent(visit(seed="1", images="20"), Key.GAME) == first
    other = sent(visit(seed="2", images="10", limit="20"), Key.GAME)
    assert (len(other["images"]), other["limit"]) == (10, 20)
    names = {each["set"] for each in (first, other, sent(visit(model=SECOND), Key.GAME))}
    assert len(names) == 3  # another model: the same images, other predictions


def test_a_whole_game_ends_with_both_matrices_and_a_link_that_shows_them() -> None:
    rows = drawn()
    truth = [CLASSES.index(name) for name in rows["true_class"]]
    predicted = rows[[f"p_{name}" for name in CLASSES]].to_numpy().argmax(axis=1)
    given = [0] * 10 + truth[10:19] + [None]
    app = played(visit(), given)
    mine, models = matrices(app)
    expected = np.zeros((3, 4), int)
    np.add.at(expected, (truth, [3 if one is None else one for one in given]), 1)
    assert mine == expected.tolist()
    expected = np.zeros((3, 3), int)
    np.add.at(expected, (truth, predicted), 1)
    assert models == expected.tolist()
    right = sum(one == other for one, other in zip(given, truth, strict=True))
    same = int((np.array(given[:19]) == predicted[:19]).sum())
    text = words(app)
    assert f"**You: {right} of 20 correct**, {right / 20:.0%} (" in text
    assert f"the same class to {same} of the 19 images with an answer" in text
    assert re.search(r"Cohen’s kappa: -?\d\.\d{3} \(-?\d\.\d{3} to \d\.\d{3}\)", text)
    assert "An image without an answer counts as an error" in text
    assert "20 images cannot tell" in text
    different = [number for number, one in enumerate(given, 1) if one != predicted[number - 1]]
    shown = cards(app, Key.COMPARED_IMAGES)
    assert [int(card["key"]) for card in shown] == different
    assert shown[-1]["detail"].startswith("✗ You: no answer · ")
    assert [card["label"] for card in shown] == [rows["true_class"][number - 1] for number in different]
    table = app.dataframe[0].value
    assert list(table["reader"]) == ["You", FIRST, f"{FIRST}, all 89 test images"]
    assert "Opened from a link" not in text
    link = re.search(r"\?model=phantom&seed=1&images=20&limit=0&result=[\w.]+", "\n".join(page_texts(app)))
    assert link
    other = visit(**dict(part.split("=") for part in link[0][1:].split("&")))
    assert matrices(other) == [mine, models]
    assert "Opened from a link: “you” is whoever classified these images." in words(other)
    other.segmented_control(key=Key.WHICH_IMAGES).set_value("all").run()
    assert len(cards(other, Key.COMPARED_IMAGES)) == 20
    next(button for button in other.button if button.label == "Another set").click().run()
    assert len(sent(other, Key.GAME)["images"]) == 20
    assert "result" not in other.query_params
    assert other.query_params["seed"]


def test_the_controls_write_the_address() -> None:
    app = visit(seed="3")
    app.segmented_control(key=Key.COUNT_PICKER).set_value(10).run()
    app.segmented_control(key=Key.LIMIT_PICKER).set_value(60).run()
    assert not app.exception
    shown = sent(app, Key.GAME)
    assert (len(shown["images"]), shown["limit"]) == (10, 60)
    assert dict(app.query_params) == {"model": FIRST, "seed": "3", "images": "10", "limit": "60"}
    assert any("model=phantom&seed=3&images=10&limit=60" in text for text in page_texts(app))


@pytest.mark.slow
def test_a_hostile_link_gets_one_sentence_and_a_way_on() -> None:
    app = visit()
    name = sent(app, Key.GAME)["set"]
    for address, said in (
        ({"seed": "<script>alert(1)</script>"}, "The address is not valid: seed must be a whole number"),
        ({"images": "1000000"}, "The address is not valid: images must be one of 10, 20, 40."),
        ({"limit": "-1"}, "The address is not valid: limit must be one of 0, 10, 20, 60."),
        ({"result": "00000000.1.000"}, "The result in this address is of other images"),
        ({"result": "[x](javascript:alert(1))" * 999}, "The result in this address is damaged."),
        ({"result": f"{name}.{'4' * 20}.{'000' * 20}"}, "The result in this address is damaged."),
    ):
        app.query_params.update(address)
        app.run()
        (error,) = app.error
        assert error.value.replace("\\", "").startswith(said)
        assert not [text for text in page_texts(app) if "alert(1)" in text]
        assert not app.get("bidi_component")
        app.button[0].click().run()
        assert not app.error
        assert sent(app, Key.GAME)["set"] == name
    # Nobody has to answer.
    app.query_params["result"] = f"{name}.{'0' * 20}.{'000' * 20}"
    app.run()
    assert not app.exception
    assert "**You: 0 of 20 correct**" in words(app)
    assert "Without an answer there is no agreement to measure." in words(app)


@pytest.mark.slow
def test_what_no_script_of_the_page_sends_is_no_result() -> None:
    app = visit()
    for value in (None, "x", {"classes": [0] * 20, "seconds": [1]}, {"classes": [99], "seconds": [1]}):
        send_back(app, Key.GAME, "finished", value)
        assert not app.exception
        assert "result" not in app.query_params
    # One of another length is a result, and damaged.
    send_back(app, Key.GAME, "finished", {"classes": [0], "seconds": [1]})
    assert "is damaged" in app.error[0].value


def test_without_test_images_one_plays_against_the_teaching_model(app) -> None:
    go(app, PAGE)
    text = words(app)
    assert (
        f"Simulated images, against the teaching model **{FIRST}**: they say nothing about patients." in text
    )
    assert (
        f"To play against {REAL} with real images, set DATA_DIR to the folder of its data, BUSI and" in text
    )
    assert sent(app, Key.GAME)["set"] == sent(visit(), Key.GAME)["set"]
    assert f"model={REAL}&seed=1&images=20&limit=0" in "\n".join(page_texts(app))
    played(app, [0] * 20)
    assert list(app.dataframe[0].value["reader"])[:2] == ["You", FIRST]


def scan(label: str, number: int) -> np.ndarray:
    pixels = simulate(label, np.random.default_rng([17, number, CLASSES.index(label)])).image
    return np.repeat(pixels[..., np.newaxis], 3, axis=2)


def read(model: str) -> None:
    """Wait for what the page has begun to read."""
    shown, folder = open_models.known("model", model), data_folder.setting()
    examples._of_folder(shown, folder).future.result(60)
    found = examples.find(shown).examples
    if not found.tested:
        image_source._unseen(shown, image_source._place(), found).future.result(60)


def test_test_images_of_the_data_folder_are_shown_in_their_own_size(app, monkeypatch, tmp_path) -> None:
    pixels = [np.random.default_rng(n).integers(0, 256, (300, 200, 3)).astype(np.uint8) for n in range(12)]

    def fill(folder):
        table = pd.read_parquet(folder / TEST_SET)
        table.assign(sha256=list(map(pixel_hash, pixels))).to_parquet(folder / TEST_SET)
        (folder / TEST_IMAGES).unlink()

    make_bundle(tmp_path / "model", fill=fill, data=BUSI)
    (tmp_path / "data").mkdir()
    for number, one in enumerate(pixels):
        (tmp_path / "data" / f"{number}.png").write_bytes(png(one))
    monkeypatch.setenv("MODEL", str(tmp_path / "model"))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    go(app, PAGE)
    read(str(tmp_path / "model"))
    app.run()
    assert "Test images of **model**. Licence: " in words(app)
    assert f"You see each image at up to 560 pixels; the network sees {SIDE} × {SIDE}." in words(app)
    assert len(sent(app, Key.GAME)["images"]) == 12
    (tmp_path / "data" / "3.png").unlink()
    assert "BUSI" in words(app.run())


@pytest.mark.slow
def test_of_other_images_none_was_seen_and_the_model_predicts_at_the_end(app, monkeypatch, tmp_path) -> None:
    seen = scan("benign", 0)

    def fill(folder):
        split = read_csv(folder / SPLIT)
        row = split.index[split["set"] == "train"][0]
        split.loc[row, ["sha256", "fingerprint"]] = (pixel_hash(seen), fingerprint(seen))
        split.to_csv(folder / SPLIT, index=False)
        (folder / TEST_IMAGES).unlink()

    make_bundle(tmp_path / "model", fill=fill, data=BUSI)
    for label in CLASSES:
        (tmp_path / "clinic" / label).mkdir(parents=True)
        for number in range(3):
            (tmp_path / "clinic" / label / f"{number}.png").write_bytes(png(scan(label, number)))
    monkeypatch.setenv("MODEL", str(tmp_path / "model"))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "clinic"))
    go(app, PAGE)
    read(str(tmp_path / "model"))
    app.run()
    assert "Images from clinic; **model** has seen none of them in training." in words(app)
    assert len(sent(app, Key.GAME)["images"]) == 8
    played(app, [0] * 8)
    network = Classifier.from_bundle(tmp_path / "model")
    unseen = [(label, number) for label in CLASSES for number in range(3) if (label, number) != ("benign", 0)]
    expected = np.zeros((3, 3), int)
    for label, number in unseen:
        predicted = network.classify(scan(label, number)).predicted_class
        expected[CLASSES.index(label), CLASSES.index(predicted)] += 1
    assert matrices(app)[1] == expected.tolist()
    assert list(app.dataframe[0].value["reader"]) == ["You", "model"]


def test_a_model_with_more_classes_than_keys_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(game, "MOST_CLASSES", 2)
    app = visit()
    assert app.error[0].value == "phantom has 3 classes, and this page has keys for 2; choose another model."
