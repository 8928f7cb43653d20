"""Augmentation: the ranges, the draws, and what is to be seen."""

from visit import go, png, send, words

from core.recipe import AUGMENTATIONS


def test_a_file_name_is_not_read_as_markdown(app, upload) -> None:
    go(app, "pages/augmentation.py")
    send(app, "**[x](http:evil)**.png", png(upload[1]))
    assert any(r"\[x\]" in caption.value for caption in app.caption)


def test_presets_move_the_sliders_and_the_draws(app) -> None:
    go(app, "pages/augmentation.py")
    assert app.slider(key="shear_range").value == 0.2
    assert "0.2 is 0.2 degrees" in words(app)
    assert sum("rotation" in caption.value for caption in app.caption) == 11
    app.button(key="preset none").click().run()
    assert sum(caption.value == "unchanged" for caption in app.caption) == 11
    app.button(key="preset strong").click().run()
    strong = AUGMENTATIONS["strong"]
    assert app.slider(key="zoom_range").value == strong.zoom_range
    assert app.toggle(key="horizontal_flip").value is True
    assert "preset **strong**" in words(app)
    app.slider(key="rotation_range").set_value(90.0).run()
    assert "your own ranges" in words(app)
    assert not app.exception


def test_drawing_again_draws_others_and_the_sliders_stay_over_pages(app) -> None:
    go(app, "pages/augmentation.py")
    before = words(app)
    next(button for button in app.button if button.label == "Draw again").click().run()
    assert words(app) != before
    app.slider(key="rotation_range").set_value(45.0).run()
    app.switch_page("pages/classify.py").run()
    app.switch_page("pages/augmentation.py").run()
    assert app.slider(key="rotation_range").value == 45
