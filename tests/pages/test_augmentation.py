"""Augmentation: the ranges, the draws with their predictions, and what to look for."""

import json

import numpy as np
import pytest
from visit import FIRST, MODELS, cards, changed, go, offer, png, send, words

from core.augmentation.draw import Draw
from core.augmentation.ranges import AUGMENTATIONS
from core.augmentation.transform import apply
from core.bundle.folder import read_manifest, write_manifest
from core.bundle.manifest import MODEL
from core.data.phantom.simulate import CLASSES, simulate
from core.images.preprocessing import fit
from core.inference.classifier import Classifier

PAGE = "pages/augmentation.py"
pytestmark = pytest.mark.usefixtures("link_to_phantom")


def data(app, key: str) -> dict:
    """What an element of cards was drawn with."""
    return next(
        json.loads(one.proto.json) for one in app.get("bidi_component") if one.proto.id.endswith(f"-{key}")
    )


def drawn(app) -> list[dict]:
    """The cards of the grid: the original, then the draws."""
    return cards(app, "grid of draws")


def preset(app, name: str) -> None:
    app.segmented_control(key="preset").set_value(name).run()


def test_a_file_name_is_not_read_as_markdown(app, upload) -> None:
    go(app, PAGE)
    send(app, "**[x](http:evil)**.png", png(upload[1]))
    assert any(r"\[x\]" in text.value for text in app.caption)


def test_the_original_stands_first_and_the_numbers_of_each_draw_on_demand(app) -> None:
    go(app, PAGE)
    original, *draws = drawn(app)
    assert original["mark"]
    assert original["alt"].startswith(f"example 1 of {FIRST}, unchanged")
    assert len(draws) == 16
    for number, card in enumerate(draws, start=1):
        assert not card["mark"]
        assert card["detail"].startswith(f"Draw {number}: rotation ")
        assert "rotation" not in card["label"] + card["note"]
    assert not data(app, "grid of draws")["details"]
    app.toggle(key="drawn").set_value(True).run()
    assert data(app, "grid of draws")["details"]


def test_presets_move_the_sliders_and_the_draws(app) -> None:
    go(app, PAGE)
    assert app.slider(key="shear_range").value == 0.2
    assert app.segmented_control(key="preset").value == "paper"
    preset(app, "none")
    assert [card["detail"] for card in drawn(app)[1:]] == [f"Draw {n}: unchanged" for n in range(1, 17)]
    assert "**No draw changed the prediction.** Under 16 draws: benign 16." in words(app)
    preset(app, "strong")
    strong = AUGMENTATIONS["strong"]
    assert app.slider(key="zoom_range").value == strong.zoom_range
    assert app.toggle(key="horizontal_flip").value is True
    assert "preset **strong**" in words(app)
    app.slider(key="contrast_range").set_value((0.85, 0.85))
    app.slider(key="gamma_range").set_value((1.75, 1.75)).run()
    assert all("contrast 0.85 · gamma 1.75" in card["detail"] for card in drawn(app)[1:])
    app.slider(key="rotation_range").set_value(90.0).run()
    assert "Ranges: custom" in words(app)
    assert app.segmented_control(key="preset").value is None
    assert not app.exception


def test_each_group_is_reset_alone(app) -> None:
    go(app, PAGE)
    preset(app, "strong")
    app.button(key="reset Intensity").click().run()
    assert app.slider(key="gamma_range").value == AUGMENTATIONS["paper"].gamma_range
    assert app.toggle(key="horizontal_flip").value is True
    app.button(key="reset Geometry").click().run()
    assert "preset **paper**" in words(app)


def test_drawing_again_draws_others_and_an_address_holds_the_whole_view(app) -> None:
    app.query_params.update({"rotation_range": "45", "seed": "7", "panel": "Side by side", "draw": "3"})
    go(app, PAGE)
    assert app.slider(key="rotation_range").value == 45
    before = next(text for text in words(app).split("\n") if text.startswith("Draw 3: "))
    next(button for button in app.button if button.label == "Draw again").click().run()
    assert app.number_input(key="seed").value == 8
    assert before not in words(app)


def test_under_each_draw_stands_the_prediction_and_whether_it_changed(app) -> None:
    app.query_params.update({"rotation_range": "180", "brightness_range": ["0.5", "2"]})
    go(app, PAGE)
    original, *draws = drawn(app)
    first = original["label"]
    flipped = [card for card in draws if card["label"] != first]
    assert 0 < len(flipped) < 16
    assert all(card["note"].endswith("% · changed") for card in flipped)
    assert all(card["colour"] != original["colour"] for card in flipped)
    assert all(card["note"].endswith("%") for card in draws if card not in flipped)
    said = f"**{len(flipped)} draw{'s' if len(flipped) > 1 else ''} changed the prediction.**"
    assert f"{said} Under 16 draws: {first} {16 - len(flipped)}" in words(app)


@pytest.mark.parametrize("panel", ["Draws", "One at a time", "Side by side", "What to look for"])
def test_without_predictions_no_network_is_needed(app, monkeypatch, tmp_path, panel) -> None:
    broken = changed(MODELS / FIRST, tmp_path / "broken")
    (broken / MODEL).write_bytes(b"no network")
    fields = read_manifest(broken).model_dump(exclude={"files", "schema_version"})
    write_manifest(broken, **fields)
    offer(app, monkeypatch, broken)
    app.query_params.update({"predict": "false", "panel": panel})
    go(app, PAGE)
    assert not app.exception
    assert not app.error
    if panel == "Draws":
        original, *draws = drawn(app)
        assert [card["label"] for card in draws] == [f"Draw {number}" for number in range(1, 17)]
        assert not any("Predicted" in card["alt"] for card in (original, *draws))
        assert "Predictions are off." in words(app)
        app.toggle(key="predict").set_value(True).run()
        assert "broken cannot be used" in [error.title for error in app.error]
        assert len(drawn(app)) == 17  # those of the fallback


def test_the_strips_say_where_each_parameter_alone_flips_the_prediction(app) -> None:
    app.query_params.update({"panel": "One at a time", "brightness_range": ["0.25", "2"]})
    go(app, PAGE)
    next(button for button in app.button if button.label == "Simulated 1").click().run()
    said = {text.value.split("**")[1]: text.value for text in app.markdown if text.value.startswith("**")}
    assert {"Rotation", "Shear", "Zoom along x", "Zoom along y", "Brightness"} <= set(said)
    assert "Mirror" not in said
    classifier = Classifier.from_bundle(MODELS / FIRST)
    rng = np.random.default_rng([2**31, CLASSES.index("benign"), 0])
    pixels = np.repeat(simulate("benign", rng).image[..., np.newaxis], 3, axis=2)
    fitted = fit(pixels, classifier.preprocessing)
    values = np.linspace(0.25, 2, 5)
    images = [fitted, *(apply(fitted, Draw(brightness=value)) for value in values)]
    original, *others = [answer.predicted_class for answer in classifier.classify_fitted(images)]
    flips = [value for value, other in zip(values, others, strict=True) if other != original]
    assert flips
    for value in values:
        assert (f"brightness {value:.2f}" in said["Brightness"]) == (value in flips)
    strip = cards(app, "strip of a range brightness")
    assert [card["mark"] for card in strip] == [True, *[False] * 5]  # the unchanged image begins each row
    assert [card["note"].split(":")[0] for card in strip[1:]] == [f"{value:.3g}" for value in values]


def test_side_by_side_tells_which_part_of_a_draw_changes_the_prediction(app) -> None:
    app.query_params.update({"panel": "Side by side", "amplify": "8", "draw": "2"})
    go(app, PAGE)
    assert [card["label"] for card in cards(app, "side by side")][2] == "Difference, amplified 8 ×"
    parts = app.dataframe[0].value
    assert list(parts["change"])[-1] == "all together"
    assert len(parts) == 5  # rotation, shear, two zooms, all together
    assert np.allclose(parts.filter(like="p_").sum(axis=1), 1, atol=1e-5)
    preset(app, "none")
    assert "0% of the pixels changed" in words(app)
    assert not app.exception


def test_the_shear_is_shown_as_radians_only_while_the_switch_is_on(app) -> None:
    app.query_params["panel"] = "What to look for"
    go(app, PAGE)
    assert "at most 0.17 of a pixel" in words(app)
    app.toggle(key="radians").set_value(True).run()
    assert "shown as radians: 11.5 degrees. Keras reads 0.2 degrees" in words(app)
    app.slider(key="shear_range").set_value(45.0).run()
    assert "89.0 degrees" in words(app)
    preset(app, "paper")
    assert app.toggle(key="radians").value is False
    assert not app.exception
