"""Augmentation: the ranges, the draws with their predictions, and what to look for."""

import numpy as np
from visit import FIRST, MODELS, go, png, send, words

from core.augmentation.draw import Draw
from core.augmentation.ranges import AUGMENTATIONS
from core.augmentation.transform import apply
from core.data.phantom.simulate import CLASSES, simulate
from core.images.preprocessing import fit
from core.inference.classifier import Classifier

PAGE = "pages/augmentation.py"


def captions(app) -> list[str]:
    return [caption.value for caption in app.caption]


def test_a_file_name_is_not_read_as_markdown(app, upload) -> None:
    go(app, PAGE)
    send(app, "**[x](http:evil)**.png", png(upload[1]))
    assert any(r"\[x\]" in text.value for text in app.markdown)


def test_presets_move_the_sliders_and_the_draws(app) -> None:
    go(app, PAGE)
    assert app.slider(key="shear_range").value == 0.2
    assert sum("rotation" in caption for caption in captions(app)) == 16
    app.button(key="preset none").click().run()
    assert captions(app).count("unchanged") == 16
    assert "Under 16 draws: benign 16. Probability of benign: " in words(app)
    app.button(key="preset strong").click().run()
    strong = AUGMENTATIONS["strong"]
    assert app.slider(key="zoom_range").value == strong.zoom_range
    assert app.toggle(key="horizontal_flip").value is True
    assert "preset **strong**" in words(app)
    app.button(key="preset wide").click().run()
    assert app.slider(key="speckle_range").value == AUGMENTATIONS["wide"].speckle_range
    assert "preset **wide**" in words(app)
    app.slider(key="speckle_range").set_value((0.31, 0.31))
    app.slider(key="depth_gain_range").set_value((1.75, 1.75)).run()
    assert sum("depth gain 1.75 · speckle 0.31" in caption for caption in captions(app)) == 16
    app.slider(key="rotation_range").set_value(90.0).run()
    assert "Ranges: custom" in words(app)
    assert not app.exception


def test_drawing_again_draws_others_and_an_address_holds_the_whole_view(app) -> None:
    app.query_params.update({"rotation_range": "45", "seed": "7", "panel": "Side by side", "draw": "3"})
    go(app, PAGE)
    assert app.slider(key="rotation_range").value == 45
    assert "**Draw 3**: " in words(app)
    before = next(text for text in words(app).split("\n") if text.startswith("Draw 3: "))
    next(button for button in app.button if button.label == "Draw again").click().run()
    assert app.number_input(key="seed").value == 8
    assert before not in words(app)


def test_under_each_draw_stands_the_prediction_and_whether_it_flips(app) -> None:
    app.query_params.update({"rotation_range": "180", "brightness_range": ["0.5", "2"]})
    go(app, PAGE)
    unchanged = next(text.value for text in app.markdown if text.value.startswith("Unchanged: "))
    first = unchanged.split("**")[1].split(" ")[0]
    predictions = [text.value for text in app.markdown if text.value.endswith("%") or ", not " in text.value]
    assert len(predictions) == 16
    flipped = [one for one in predictions if one.startswith(":material/swap_horiz: ")]
    assert 0 < len(flipped) < 16
    assert all(one.endswith(f"%**, not {first}") for one in flipped)
    assert all(one.startswith(f"{first} ") for one in predictions if one not in flipped)
    assert f"Under 16 draws: {first} {16 - len(flipped)}, " in unchanged


def test_the_strips_say_where_each_parameter_alone_flips_the_prediction(app) -> None:
    app.query_params.update({"panel": "One at a time", "brightness_range": ["0.25", "2"]})
    go(app, PAGE)
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


def test_side_by_side_tells_which_part_of_a_draw_changes_the_prediction(app) -> None:
    app.query_params.update({"panel": "Side by side", "amplify": "8", "draw": "2"})
    go(app, PAGE)
    text = words(app)
    assert "Difference, amplified 8 ×" in text
    assert "orange is brighter, blue is darker" in text
    parts = app.dataframe[0].value
    assert list(parts["change"])[-1] == "all together"
    assert len(parts) == 5  # rotation, shear, two zooms, all together
    assert np.allclose(parts.filter(like="p_").sum(axis=1), 1, atol=1e-5)
    app.button(key="preset none").click().run()
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
    app.button(key="preset paper").click().run()
    assert app.toggle(key="radians").value is False
    assert not app.exception
