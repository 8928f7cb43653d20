"""Example images that cannot be had: one line says so on Home and Classify, and nothing of the server."""

import json
import logging
import threading

import numpy as np
import pytest
from hub_datasets import DATA, REPO, images, upload, zipped
from hub_datasets import png as hub_png
from hub_server import Fault
from visit import FIRST, REAL, arrive, cards, go, png, words

from core.data.phantom.simulate import CLASSES, simulate
from core.serving.catalog import embedded
from pages.components.shared import data_folder, examples, open_models
from pages.components.shared.keys import Key

CLASSIFY = "pages/classify.py"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def logged():
    """The messages of the event log, each with its fields."""
    found: list[dict] = []
    handler = logging.Handler()
    handler.emit = lambda record: found.append({"event": record.msg, **record.fields})
    logger = logging.getLogger("breast-ultrasound")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield found
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.fixture
def clinic(tmp_path):
    """A folder with two of the model's classes and another one."""
    return fill(tmp_path / "clinic", {"benign": "benign", "MALIGNANT": "malignant", "figures": "normal"})


def fill(folder, classes):
    """Write an image into each class folder."""
    folder.mkdir()
    for name, label in classes.items():
        (folder / name).mkdir()
        pixels = simulate(label, np.random.default_rng([7, 1])).image
        (folder / name / "1.png").write_bytes(png(pixels))
    return folder


def plain(text: str) -> str:
    return text.replace("\\", "").replace("\u2060", "")


def visits() -> list:
    """Home and Classify, as a visitor sees them once what they wait for has come."""
    shown = open_models.known(REAL, embedded()[REAL])
    pages = [arrive().run(), go(arrive(), CLASSIFY)]
    if folder := data_folder.setting():
        examples._of_folder(shown, folder).future.exception(60)
    if setting := examples.setting():
        examples._fetched(setting).future.exception(60)
    for page in pages:
        page.run()
        assert not page.exception
        assert not page.error
    return pages


def lines(page, icon: str = "cloud_off") -> list[str]:
    """The quiet lines that begin with an icon."""
    shown = [line for one in page.caption for line in one.value.split("  \n")]
    return [plain(line) for line in shown if line.startswith(f":material/{icon}:")]


def example(home) -> dict:
    """The card of the example on Home."""
    (proto,) = [one.proto for one in home.get("bidi_component") if "-example of " in one.proto.id]
    (card,) = json.loads(proto.json)["cards"]
    return card


def simulated(page) -> bool:
    if page.title[0].value == "Classify":
        return "No image at hand? Simulate one:" in words(page)
    return example(page)["note"].startswith("Simulated image from the test set of ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folders", "said"),
    [
        (None, "DATA_DIR names no folder that can be opened"),
        ((), "data has no image that can be read."),
        (("cyst", "lipoma"), "data has no image of a class of the model: benign, malignant, normal."),
    ],
    ids=["missing", "empty", "other classes"],
)
def test_a_data_folder_without_examples_says_so(monkeypatch, tmp_path, logged, folders, said) -> None:
    if folders is not None:
        fill(tmp_path / "data", dict(zip(folders, CLASSES, strict=False)))
    monkeypatch.delenv("MODEL", raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    for page in visits():
        (line,) = lines(page)
        assert line.startswith(":material/cloud_off: The real examples cannot be shown. ")
        assert said in line
        assert str(tmp_path) not in plain(words(page))
        assert simulated(page)
    assert [one["source"] for one in logged if one["event"] == "examples refused"] == ["DATA_DIR"]


@pytest.mark.slow
def test_other_classes_beside_those_of_the_model_are_left_out(monkeypatch, clinic) -> None:
    monkeypatch.delenv("MODEL", raising=False)
    monkeypatch.setenv("DATA_DIR", str(clinic))
    home, classify = visits()
    assert example(home)["label"] == "True class: malignant"
    assert len(cards(classify, Key.EXAMPLES)) == 2
    assert not lines(classify)


@pytest.mark.slow
@pytest.mark.usefixtures("empty_cache")
@pytest.mark.parametrize("cause", ["a hostile ZIP file", "a cache that cannot be written"])
def test_no_path_of_the_server_is_shown_and_the_log_has_it(
    anns_hub, monkeypatch, tmp_path, logged, cause
) -> None:
    files = {"data.zip": zipped({"../../benign/0.png": b"x"})} if "ZIP" in cause else images()
    monkeypatch.delenv("MODEL", raising=False)
    monkeypatch.setenv("EXAMPLES", f"{DATA}@{upload(anns_hub, files)}")
    if "cache" in cause:
        (tmp_path / "file").touch()
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    for page in visits():
        (line,) = lines(page)
        assert "The data set of EXAMPLES cannot be used; the log of the app says why." in line
        text = plain(words(page))
        assert not [part for part in (str(tmp_path), "huggingface", "snapshots", "data.zip") if part in text]
    (refused,) = [one for one in logged if one["event"] == "examples refused"]
    assert refused["source"] == "EXAMPLES"
    assert ("data.zip was not unpacked" if "ZIP" in cause else str(tmp_path / "file")) in refused["reason"]


@pytest.mark.usefixtures("empty_cache")
def test_examples_serve_where_the_data_folder_is_broken_and_come_late(
    anns_hub, monkeypatch, tmp_path
) -> None:
    monkeypatch.delenv("MODEL", raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "missing"))
    monkeypatch.setenv("EXAMPLES", f"{DATA}@{upload(anns_hub, images() | {'benign/late.png': hub_png(99)})}")
    may_go_on = threading.Event()
    anns_hub.faults.append(Fault("GET /api/datasets/", before=may_go_on.wait, times=1))
    data_folder.indexed(data_folder.setting()).future.exception(60)
    examples._of_folder(open_models.known(REAL, embedded()[REAL]), data_folder.setting()).future.exception(60)
    for page in (arrive().run(), go(arrive(), CLASSIFY)):
        assert lines(page, "hourglass_top") == [
            ":material/hourglass_top: Real images are being read. Until then you see simulated ones."
        ]
        assert simulated(page)
    may_go_on.set()
    home, classify = visits()
    assert f"Image from {REPO}. Licence: cc-by-4.0" in example(home)["note"]
    assert f"Images from {REPO}. Licence: cc-by-4.0" in plain(words(classify))
    for page in (home, classify):
        (line,) = lines(page)
        assert line.startswith(":material/cloud_off: DATA_DIR names no folder")
        assert not lines(page, "hourglass_top")


def test_a_teaching_model_misses_nothing(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("MODEL", raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "missing"))
    app = arrive()
    app.query_params["model"] = FIRST
    assert not lines(go(app, CLASSIFY))
