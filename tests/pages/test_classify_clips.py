"""Clips on Classify: one lesion among the visitor's images, opened frame by frame."""

from contextlib import closing

import numpy as np
import pytest
from clip_visit import FRAMES, LOOP, chart, opened, picker, send_all
from clips import animation, video
from visit import FIRST, MODELS, cards, go, number, png, send_back, words

from core.data.duplicates.common_frames import on_a_scanner_screen
from core.images.clip import Clip
from core.inference.classifier import Classifier
from pages.components.shared import images
from pages.components.shared.keys import Key, numbered

pytestmark = pytest.mark.usefixtures("link_to_phantom")


def test_a_clip_is_one_image_whose_prediction_is_the_mean_over_its_frames(app, upload) -> None:
    go(app, "pages/classify.py")
    send_all(app, {upload[0]: png(upload[1]), "loop.mp4": LOOP})
    assert not app.error
    classifier = Classifier.from_bundle(MODELS / FIRST)
    with closing(Clip.of("x", LOOP).frames(1)) as frames:
        shares = [list(classifier.classify(one.pixels).probabilities.values()) for one in frames]
    names = classifier.bundle.manifest.class_names
    mean = np.mean(shares, axis=0)
    table = app.dataframe[0].value
    assert table["file"].tolist() == [upload[0], "loop.mp4"]
    assert table.loc[1, [f"p_{name}" for name in names]].tolist() == pytest.approx(mean.tolist(), abs=1e-5)
    assert [card["note"] for card in cards(app, Key.STRIP)] == ["", "9 frames"]
    assert app.header[0].value == f"Predicted class: {names[int(mean.argmax())]}"
    text = words(app)
    assert "One lesion, not 8. More frames make the prediction no surer." in text
    assert "Frames without anything to see do not count: 1." in text
    assert "the clip counts as one observation" in text
    # OpenCV wrote 25 frames a second.
    assert chart(app)["data"][0]["x"] == pytest.approx([number / 25 for number in range(9)])
    assert chart(app)["layout"]["xaxis"]["title"]["text"] == "seconds"
    # The blank frame is a gap, and the first one after it is shown.
    lines = chart(app)["data"]
    assert [line["name"] for line in lines] == list(names)
    assert lines[0]["y"][0] is None
    assert [line["y"][1:] for line in lines] == [
        pytest.approx(list(one), abs=1e-5) for one in zip(*shares, strict=True)
    ]
    assert chart(app)["alt"] == "Probabilities over 9 frames; frame 2 is chosen"
    assert app.subheader[0].value.startswith("Frame 2 of 9: ")
    assert opened(app).startswith("loop.mp4, frame 2 of 9 as the network saw it")


@pytest.mark.slow
def test_another_frame_stands_for_the_clip_on_every_page(app) -> None:
    go(app, "pages/classify.py")
    send_all(app, {"loop.mp4": LOOP})
    sure = [int(card["key"]) for card in cards(app, numbered(Key.FRAMES, "Most sure"))]
    unsure = [int(card["key"]) for card in cards(app, numbered(Key.FRAMES, "Least sure"))]
    assert len({*sure, *unsure}) == 6
    picker(app).set_value(8).run()
    assert not app.exception
    assert opened(app).startswith("loop.mp4, frame 8 of 9")
    assert chart(app)["layout"]["shapes"][0]["x0"] == pytest.approx(7 / 25)
    assert app.subheader[0].value.startswith("Frame 8 of 9: ")
    # It is still the same clip, whose prediction does not change.
    assert len(cards(app, Key.STRIP)) == 1
    app.switch_page("pages/augmentation.py").run()
    assert "loop.mp4, frame 8 of 9" in words(app)
    app.switch_page("pages/classify.py").run()
    assert opened(app).startswith("loop.mp4, frame 8 of 9")
    send_all(app, {"again.mp4": LOOP})
    assert app.dataframe[0].value["file"].tolist() == ["loop.mp4"]


def test_a_click_of_a_page_that_has_not_heard_of_the_frame_leaves_it_open(app) -> None:
    """The browser sends the slider's frame with every click, that of the frame before as well."""
    go(app, "pages/classify.py")
    send_all(app, {"loop.mp4": LOOP})
    sure = numbered(Key.FRAMES, "Most sure")
    before = app._tree.get_widget_states()
    send_back(app, sure, "chosen", cards(app, sure)[-1]["key"])
    frame = picker(app).value
    assert frame != 2
    app._run(before)
    assert not app.exception
    assert opened(app).startswith(f"loop.mp4, frame {frame} of 9")
    assert picker(app).value == frame


def test_a_clip_of_one_frame_is_an_image_and_hostile_ones_are_refused_with_a_sentence(
    app, monkeypatch
) -> None:
    go(app, "pages/classify.py")
    send_all(
        app,
        {
            "one.mp4": video(FRAMES[:1]),
            "cut.mp4": LOOP[:-300],
            "black.gif": animation([0 * FRAMES[0], 0 * FRAMES[0] + 1]),
            "other.webm": b"\x1a\x45\xdf\xa3webm" + bytes(40),
        },
    )
    assert app.dataframe[0].value["file"].tolist() == ["one.mp4"]
    assert app.header[0].value.startswith("Predicted class: ")
    assert not app.subheader[0].value.startswith("Frame")
    assert [error.value.replace("\\", "") for error in app.error] == [
        "cut.mp4 is damaged and cannot be read; save or export it again.",
        "black.gif shows nothing: its frames are blank, or black and white only.",
        (
            "other.webm is a WebM video; of videos, MP4 and AVI are read: convert it with "
            "`ffmpeg -i IN OUT.mp4`."
        ),
    ]
    monkeypatch.setattr(images, "MAX_PIXELS", 50_000)
    send_all(app, {"loop.mp4": LOOP})
    assert "loop.mp4 was skipped: a session holds at most" in app.error[0].value.replace("\\", "")


@pytest.mark.slow
def test_the_proposed_crop_of_a_clip_is_that_of_all_frames(app) -> None:
    framed = [
        on_a_scanner_screen(np.repeat(one[..., np.newaxis], 3, axis=2), share=0.6) for one in FRAMES[:3]
    ]
    go(app, "pages/classify.py")
    send_all(app, {"loop.gif": animation(framed), "still.png": png(framed[0])})
    assert "Crop it" in [button.label for button in app.button]
    send_all(app, {"loop.gif": animation(framed)})
    next(button for button in app.button if button.label == "Crop all frames").click().run()
    assert not app.exception
    assert app.dataframe[0].value["crop"].map(bool).tolist() == [True, False]


def test_a_crop_is_that_of_all_frames(app) -> None:
    go(app, "pages/classify.py")
    send_all(app, {"loop.mp4": LOOP})
    app.toggle(key=Key.CROPPING).set_value(True).run()
    number(app, "Width").set_value(100).run()
    number(app, "Left").set_value(20).run()
    assert not app.exception
    classifier = Classifier.from_bundle(MODELS / FIRST)
    with closing(Clip.of("x", LOOP).frames(1)) as frames:
        shares = [list(classifier.classify(one.pixels[:, 20:120]).probabilities.values()) for one in frames]
    columns = [f"p_{name}" for name in classifier.bundle.manifest.class_names]
    (row,) = app.dataframe[0].value.to_dict("records")
    height = FRAMES[0].shape[0]
    assert (row["file"], row["crop"]) == ("loop.mp4", f"20,0,100,{height}")
    assert [row[column] for column in columns] == pytest.approx(np.mean(shares, axis=0).tolist(), abs=1e-5)
    picker(app).set_value(8).run()
    assert number(app, "Left").value == 20
    assert app.subheader[0].value.startswith("Frame 8 of 9: ")
    assert app.dataframe[0].value.to_dict("records") == [row]


@pytest.mark.slow
def test_frames_in_which_the_crop_shows_nothing_are_not_offered(app) -> None:
    half = FRAMES[0].shape[1] // 2
    frames = [np.array(frame) for frame in FRAMES]
    for frame in frames[4:]:
        frame[:, :half] = 0
    go(app, "pages/classify.py")
    send_all(app, {"loop.gif": animation(frames)})
    app.toggle(key=Key.CROPPING).set_value(True).run()
    number(app, "Width").set_value(half - 8).run()
    assert not app.exception
    assert picker(app).options == [f"frame {number}" for number in range(1, 5)]
    assert "Frames without anything to see in the crop do not count: 4." in words(app)
