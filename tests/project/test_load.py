"""Many visitors at once through the real server: all are answered, and each by the same one network."""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from browser import serve, server_of
from busy_queue import busy_queue
from client import PATIENCE, Client
from visit import go, png, send, words

from core.data.phantom.simulate import CLASSES, simulate
from core.inference import classifier, work_queue
from core.inference.classifier import Classifier
from core.serving.catalog import FOLDER
from pages.components.shared.keys import Key

VISITORS, IMAGES = 20, 3
STUDENTS = 30


def image(visitor: int, number: int) -> np.ndarray:
    return simulate("malignant", np.random.default_rng([visitor, number])).image


def memory(address: str) -> int:
    """What the server holds in memory, megabytes."""
    status = (server_of(address) / "status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024


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


def headline(texts: list[str]) -> str:
    """How many images person and model have right."""
    return next(text for text in texts if text.startswith("**You: "))


@pytest.mark.slow
def test_a_class_of_thirty_plays_one_set_and_each_ends_with_a_result_of_their_own() -> None:
    page, link = "you_against_the_model", "model=phantom&seed=77&images=20&limit=0"
    everybody = threading.Barrier(STUDENTS)

    def play(student: int) -> tuple[list[str], list[int], str, str, pd.DataFrame]:
        answers = np.random.default_rng(student).integers(0, len(CLASSES), 20).tolist()
        with Client(address, page, link) as client:
            images = client.sent(Key.GAME)["images"]
            everybody.wait(PATIENCE)  # all are there, and all end at once
            seconds = [student + 0.5] * len(answers)
            texts = client.send_back(Key.GAME, "finished", {"classes": answers, "seconds": seconds})
            everybody.wait(PATIENCE)
            return images, answers, client.query, headline(texts), pd.read_csv(StringIO(client.download()))

    with serve() as address, ThreadPoolExecutor(STUDENTS) as pool:
        with Client(address, page, link) as teacher:
            images = teacher.sent(Key.GAME)["images"]
        before = memory(address)
        found = list(pool.map(play, range(STUDENTS)))
        assert memory(address) - before < 100
        assert len(images) == 20
        assert all(each[0] == images for each in found)
        # What the teacher collects: links that open for anybody, and tables that make one.
        for _, _, query, said, _ in found[::10]:
            with Client(address, page, query) as anybody:
                assert headline(anybody.texts) == said
    everything = pd.concat([table for *_, table in found])
    assert len(set(everything["result"])) == STUDENTS
    assert len(everything[["image", "true_class"]].drop_duplicates()) == 20
    for name, value in (("model", "phantom"), ("seed", 77)):
        assert (everything[name] == value).all()
    assert len(set(everything["set"])) == 1
    for student, (_, answers, query, said, table) in enumerate(found):
        assert table["your_answer"].tolist() == [CLASSES[answer] for answer in answers]
        assert (table["seconds"] == student + 0.5).all()
        assert query == f"{link}&result={table['result'][0]}"
        right = (table["your_answer"] == table["true_class"]).sum()
        assert said.startswith(f"**You: {right} of 20 correct**")


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
    with busy_queue() as (queue, told):
        monkeypatch.setattr(classifier, "CPU_QUEUE", queue)
        go(app, "pages/classify.py")
        send(app, upload[0], png(upload[1]))
    assert told == [1]
    assert "Predicted class: " in words(app)
    assert "The server is busy" not in words(app)
