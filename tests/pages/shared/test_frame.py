"""What a page sends before its imports."""

import ast
import subprocess
import sys

import pytest
from paths import ROOT
from streamlit.testing.v1 import AppTest

PAGES = [ROOT / "streamlit_app.py", *sorted((ROOT / "pages").glob("*.py"))]


def page() -> None:
    import streamlit as st

    from pages.components.shared import frame

    first = frame.begin(charts=True, metrics=True)
    if "cleared" in st.query_params:
        first.empty()


def test_the_code_of_charts_is_asked_for_once_in_a_session() -> None:
    app = AppTest.from_function(page).run()
    assert (len(app.get("plotly_chart")), len(app.metric)) == (1, 1)
    app.run()
    assert (len(app.get("plotly_chart")), len(app.metric)) == (0, 0)


def test_what_asks_for_it_is_cleared() -> None:
    app = AppTest.from_function(page)
    app.query_params["cleared"] = "yes"
    app.run()
    assert (len(app.get("plotly_chart")), len(app.metric)) == (0, 0)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_it_is_the_first_call_of_a_page_and_precedes_the_other_imports(path) -> None:
    _, imported, call, *_ = ast.parse(path.read_text(encoding="utf-8")).body
    assert ast.unparse(imported) == "from pages.components.shared import frame"
    assert ast.unparse(call).startswith("first = frame.begin(")


def test_it_imports_nothing_that_takes_time() -> None:
    program = "import sys; import pages.components.shared.frame; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    slow = {"core", "cv2", "huggingface_hub", "numpy", "onnxruntime", "pandas", "pydantic", "scipy"}
    assert not slow & set(loaded)
