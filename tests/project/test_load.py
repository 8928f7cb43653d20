"""Many visitors at once through the real server: all are answered, and each by the same one network."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import streamlit as st
from browser import serve
from client import Client
from visit import go, png, send, words

from core.data.phantom.simulate import simulate
from core.inference import classifier, work_queue
from core.inference.classifier import Classifier
from core.serving.catalog import FOLDER

VISITORS, IMAGES = 20, 3


def image(visitor: int, number: int) -> np.ndarray:
    return simulate("malignant", np.random.default_rng([visitor, number])).image


def visit(address: str, visitor: int) -> list[str]:
    """Send images one after the other; return the predicted class that the page names."""
    answers = []
    with Client(address, "classify", "model=phantom") as client:
        for number in range(IMAGES):
            texts = client.upload(f"{number}.png", png(image(visitor, number)))
            answers.append(next(text for text in texts if text.startswith("Predicted class: ")))
    return answers


@pytest.mark.slow
def test_twenty_visitors_at_once_all_get_their_own_answers() -> None:
    said: list[str] = []
    with serve(said) as address, ThreadPoolExecutor(VISITORS) as pool:
        found = list(pool.map(lambda visitor: visit(address, visitor), range(VISITORS)))
    network = Classifier.from_bundle(FOLDER / "phantom")
    for visitor, answers in enumerate(found):
        pixels = [np.repeat(image(visitor, n)[..., np.newaxis], 3, axis=2) for n in range(IMAGES)]
        expected = [network.classify(one).predicted_class for one in pixels]
        assert answers == [f"Predicted class: {name}" for name in expected]
    events = [json.loads(line) for line in said if line.startswith("{")]
    assert [event["event"] for event in events].count("network loaded") == 1
    assert sum(event.get("images", 0) for event in events) == VISITORS * IMAGES


def test_who_comes_when_the_line_is_full_reads_so_and_can_try_again(app, upload, monkeypatch) -> None:
    full = work_queue.WorkQueue(slots=1, max_waiting=0)
    monkeypatch.setattr(classifier, "CPU_QUEUE", full)
    go(app, "pages/classify.py")
    with full.slot():
        send(app, upload[0], png(upload[1]))
        assert not app.exception
        assert "The server is at capacity" in words(app)
    next(button for button in app.button if button.label == "Try again").click().run()
    assert "Predicted class: " in words(app)


@pytest.mark.usefixtures("link_to_phantom")
@pytest.mark.parametrize("page", ["augmentation", "confusion_matrix"])
def test_a_full_line_is_a_sentence_where_the_network_is_asked_by_the_way(app, monkeypatch, page) -> None:
    full = work_queue.WorkQueue(slots=1, max_waiting=0)
    monkeypatch.setattr(classifier, "CPU_QUEUE", full)
    # Of the saliency and the predictions that other tests asked for: all are one session.
    st.cache_data.clear()
    st.cache_resource.clear()
    with full.slot():
        go(app, f"pages/{page}.py")
        assert not app.exception
        assert "The server is at capacity" in words(app)
    assert "The server is at capacity" not in words(app.run())


def test_a_visitor_who_waits_is_told_so(app, upload, monkeypatch) -> None:
    class Watched(work_queue.WorkQueue):
        """Lets the one before go when somebody was told to wait."""

        def slot(self, waiting=None):
            def tell(before: int) -> None:
                waiting(before)
                told.append(before)
                let_go.set()

            return super().slot(tell if waiting else None)

    told, let_go, holding = [], threading.Event(), threading.Event()
    only_one = Watched(slots=1, max_waiting=5)
    monkeypatch.setattr(classifier, "CPU_QUEUE", only_one)

    def hold() -> None:
        with only_one.slot():
            holding.set()
            let_go.wait(300)

    holder = threading.Thread(target=hold)
    holder.start()
    assert holding.wait(300)
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    holder.join()
    assert told == [1]
    assert "Predicted class: " in words(app)
    assert "The server is busy" not in words(app)
