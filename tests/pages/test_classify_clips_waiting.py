"""What Classify shows while clips are read, wait for a process, and are classified."""

import pytest
from busy_queue import busy_queue
from clip_visit import FRAMES, LOOP, opened, send_all
from clips import animation, sweep, video
from visit import cards, go, png, words

from core.inference.work_queue import WorkQueue
from pages.components.shared import clips, requests
from pages.components.shared.keys import Key

pytestmark = pytest.mark.usefixtures("link_to_phantom")


@pytest.mark.slow
def test_what_is_known_is_drawn_while_clips_wait_for_a_process(app, upload, monkeypatch) -> None:
    go(app, "pages/augmentation.py")  # where clips are not classified
    other = video(sweep(6, "malignant", seed=3))
    send_all(app, {"loop.mp4": LOOP, "other.mp4": other, upload[0]: png(upload[1])})
    full = WorkQueue(slots=1, max_waiting=0)
    decoders = requests._DECODERS
    monkeypatch.setattr(requests, "_DECODERS", full)
    with full.slot():
        app.switch_page("pages/classify.py").run()
        assert not app.exception
        assert [card["note"] for card in cards(app, Key.STRIP)] == ["frame 2 only", "frame 1 only", ""]
        assert opened(app).startswith(upload[0])
        assert app.header[0].value.startswith("Predicted class: ")
        assert [error.value.replace("\\", "") for error in app.error] == [
            f"{name} was skipped. The server is at capacity; try again in 30 seconds."
            for name in ("loop.mp4", "other.mp4")
        ]
        assert [button.label for button in app.button].count("Try again") == 1
    monkeypatch.setattr(requests, "_DECODERS", decoders)
    next(button for button in app.button if button.label == "Try again").click().run()
    assert not app.error
    assert [card["note"] for card in cards(app, Key.STRIP)] == ["9 frames", "6 frames", ""]
    assert app.dataframe[0].value["file"].tolist() == ["loop.mp4", "other.mp4", upload[0]]


def test_a_clip_that_takes_a_while_to_read_says_so(app, monkeypatch) -> None:
    monkeypatch.setattr(clips, "_MOMENT", 0.0)
    go(app, "pages/augmentation.py")
    send_all(app, {"loop.gif": animation(FRAMES)})
    assert app.toast[-1].value == "Reading loop.gif: frame 8 …"


@pytest.mark.slow
def test_a_visitor_whose_clip_waits_for_a_process_is_told_so(app, monkeypatch) -> None:
    with busy_queue() as (queue, told):
        monkeypatch.setattr(requests, "_DECODERS", queue)
        go(app, "pages/classify.py")
        send_all(app, {"loop.gif": animation(FRAMES)})
    assert told == [1]
    assert app.dataframe[0].value["file"].tolist() == ["loop.gif"]
    assert "The server is busy" not in words(app)
