"""What holds for every page: the model it names, links, bundles that cannot be used, imports."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT
from streamlit.elements.lib.streamlit_plotly_theme import GRAY_90
from visit import FIRST, MODELS, PAGES, REAL, SECOND, TITLES, arrive, changed, go, words

from core.bundle.folder import read_manifest, write_manifest
from core.bundle.manifest import MODEL, TEST_SET
from core.hub.push import push
from core.serving.training_domain import describe
from pages.components.shared import chart


@pytest.mark.parametrize("page", PAGES)
def test_every_page_names_its_model_and_says_what_it_is_worth(app, page) -> None:
    go(app, page)
    assert not app.exception
    assert app.title[0].value == TITLES[page]
    text = words(app)
    images = read_manifest(MODELS / REAL).metrics.images
    assert f"Model **{REAL}** · local folder · protocol clean · {images} test images" in text
    assert f"Model **{REAL}** · {describe(read_manifest(MODELS / REAL).data)} · macro F1" in text
    assert "Not a medical device" in text
    assert not app.error


def test_the_model_follows_from_page_to_page(app) -> None:
    app.run()
    app.sidebar.radio[0].set_value(SECOND).run()
    for page in PAGES[1:]:
        app.switch_page(page).run()
        assert f"Model **{SECOND}**" in words(app)
        assert app.query_params["model"] == SECOND


def test_a_link_names_the_model_and_an_unknown_one_is_ignored(app) -> None:
    app.query_params["model"] = SECOND
    assert f"Model **{SECOND}**" in words(app.run())
    other = arrive()
    other.query_params["model"] = "/etc"
    assert f"Model **{REAL}**" in words(other.run())


@pytest.mark.parametrize("page", PAGES)
def test_a_broken_bundle_is_named_and_the_embedded_model_shown(app, monkeypatch, tmp_path, page) -> None:
    broken = shutil.copytree(MODELS / FIRST, tmp_path / "broken")
    data = bytearray((broken / TEST_SET).read_bytes())
    data[100] ^= 1
    (broken / TEST_SET).write_bytes(data)
    monkeypatch.setenv("MODEL", str(broken))
    go(app, page)
    assert not app.exception
    assert app.error[0].proto.title.replace("\\", "") == "broken cannot be used"
    assert "differs from its entry in bundle.json" in app.error[0].value.replace("\\", "")
    assert f"Model **{REAL}**" in words(app)


def test_a_network_that_cannot_be_loaded_is_noticed_where_it_is_needed(app, monkeypatch, tmp_path) -> None:
    folder = shutil.copytree(MODELS / FIRST, tmp_path / "garbled")
    (folder / MODEL).write_bytes(b"not a network")
    changed(folder, tmp_path / "sealed")
    monkeypatch.setenv("MODEL", str(tmp_path / "sealed"))
    go(app, "pages/classify.py")
    assert "is not a network that ONNX Runtime can load" in words(app)
    assert f"Model **{REAL}**" in words(app)
    app.switch_page("pages/training_curves.py").run()
    assert "Model **sealed**" in words(app)


def test_a_folder_that_was_trained_anew_is_read_anew(app, monkeypatch, tmp_path) -> None:
    folder = shutil.copytree(MODELS / FIRST, tmp_path / "mine")
    monkeypatch.setenv("MODEL", str(folder))
    app.run()
    fields = read_manifest(folder).model_dump(exclude={"files", "schema_version"})
    write_manifest(folder, **fields | {"protocol": "naive"})
    assert "protocol naive" in words(app.run())
    assert "leaks" in words(app)


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
def test_a_model_of_the_hub_shows_its_commit_and_its_absence_is_explained(app, hub, monkeypatch) -> None:
    push(MODELS / FIRST, "ann/demo", token=hub.tokens["write"])
    monkeypatch.setenv("MODEL", "ann/demo, ann/absent")
    app.run()
    assert "Model **ann/demo** · commit " in words(app)
    app.sidebar.radio[0].set_value("ann/absent").run()
    assert "ann/absent cannot be used" in words(app)
    assert "Showing ann/demo instead." in words(app)
    assert "Model **ann/demo** · commit " in words(app)
    next(button for button in app.button if button.label == "Try again").click().run()
    assert not app.exception


WALK = """
import json, sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("streamlit_app.py", default_timeout=600).run()
seen = []
for page in json.loads(sys.argv[1]):
    if page != "streamlit_app.py":
        app.switch_page(page).run()
    for button in [button for button in app.button if button.label == "Simulated 1"]:
        button.click().run()
    seen.append({"exceptions": len(app.exception), "errors": [error.value for error in app.error]})
print(json.dumps({"pages": seen, "modules": sorted({name.split(".")[0] for name in sys.modules})}))
"""


def walk(folder: Path) -> dict:
    """Open every page, and classify an image, in a fresh process."""
    arguments = [sys.executable, "-c", WALK, json.dumps(PAGES)]
    run = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def test_the_app_imports_neither_tensorflow_nor_scikit_learn(monkeypatch) -> None:
    monkeypatch.delenv("MODEL", raising=False)
    walked = walk(ROOT)
    assert [page["exceptions"] for page in walked["pages"]] == [0] * len(PAGES)
    assert "onnxruntime" in walked["modules"]
    assert not {"tensorflow", "keras", "sklearn"} & set(walked["modules"])


def test_without_any_model_every_page_says_so(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("MODEL", raising=False)
    for name in ("streamlit_app.py", "pages", "core"):
        (tmp_path / name).symlink_to(ROOT / name)
    walked = walk(tmp_path)
    for page in walked["pages"]:
        assert page["exceptions"] == 0
        assert "There is no model" in page["errors"][0]


@pytest.mark.parametrize("page", PAGES)
def test_every_chart_is_in_the_colour_of_the_page_and_has_a_text_in_its_place(app, page) -> None:
    assert chart.INK == GRAY_90  # what Streamlit's theme replaces by its own text colour
    go(app, page)
    for button in [button for button in app.button if button.label == "Simulated 1"]:
        button.click().run()
    charts = app.get("plotly_chart")
    assert charts or page in ("pages/augmentation.py", "pages/you_against_the_model.py")
    for element in charts:
        layout = json.loads(element.proto.spec)["layout"]
        assert layout["font"]["color"] == chart.INK
        assert {layout.get(axis, {}).get("tickfont", {}).get("color") for axis in ("xaxis", "yaxis")} == {
            chart.INK
        }
        assert element.proto.alt


def test_streamlit_takes_the_configuration_for_production() -> None:
    # A file that is no TOML it would pass over, and talk to its makers and show tracebacks again.
    code = "from streamlit import config; print([config.get_option(name) for name in (%s)])"
    wanted = {
        "client.showErrorDetails": "none",
        "browser.gatherUsageStats": False,
        "server.address": None,  # see pages/components/shared/access.py
        "server.maxUploadSize": 100,
    }
    names = ", ".join(map(repr, wanted))
    run = subprocess.run(
        [sys.executable, "-c", code % names], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[-1] == str(list(wanted.values()))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_reads_as_a_table_of_contents(page) -> None:
    source = (ROOT / page).read_text()
    nodes = ast.walk(ast.parse(source))
    assert not [node for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)]
    assert len(source.splitlines()) <= 60
