"""Session state and widget keys: all of them are defined in one module."""

import ast
from pathlib import Path

import pytest
from paths import ROOT
from streamlit.testing.v1 import AppTest

from pages.components.shared import session
from pages.components.shared.keys import Key

SESSION = ROOT / "pages" / "components" / "shared" / "session.py"
MODULES = [ROOT / "streamlit_app.py", *sorted((ROOT / "pages").rglob("*.py"))]


# Entries that a callback or a button reads or moves a widget by.
OF_WIDGETS = (
    *("CELL_PAGE", "COUNT_PICKER", "CROPPING", "IMAGE_PICKER", "LIMIT_PICKER", "MODEL_PICKER"),
    *("PREDICT", "PREDICTED_CLASS", "PRESET", "RADIANS"),
    *("RULE", "SEED", "SPEED", "SPLIT_NUMBER", "STEP_PICKER", "TRUE_CLASS"),
)


def bare_keys(source: str) -> list[str]:
    """Arguments named key that are written out, as a string or as one with fields."""
    return [
        ast.unparse(keyword)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "key" and isinstance(keyword.value, ast.JoinedStr | ast.Constant)
    ]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_key_is_written_out_and_the_session_is_reached_in_one_module(module: Path) -> None:
    source = module.read_text()
    assert not bare_keys(source)
    assert module == SESSION or "session_state" not in source


def test_keys_that_are_written_out_are_found() -> None:
    assert bare_keys("st.slider('x', key='x'); st.button('y', key=f'y {z}'); st.text('z', key=Key.Z)") == [
        "key='x'",
        "key=f'y {z}'",
    ]


def script() -> None:
    import streamlit as st

    from pages.components.shared import session

    session.UPLOADS.set(session.UPLOADS.get() + 1)
    session.IMAGES.get().append(session.UPLOADS.get())
    session.SKIPPED.set("3 masks")
    st.text(f"{session.CHOSEN_MODEL.get()} {session.UPLOADS.get()} {session.IMAGES.get()}")
    if st.button("Remove"):
        session.remove_images()
        st.text(f"{session.UPLOADS.get()} {session.IMAGES.get()} {session.SKIPPED.get()}")


def test_an_entry_begins_with_its_default_stays_and_goes_with_the_images() -> None:
    app = AppTest.from_function(script)
    app.query_params["model"] = "mine"
    assert [text.value for text in app.run().text] == ["mine 1 [1]"]
    del app.query_params["model"]
    app.button[0].click().run()
    assert [text.value for text in app.text] == ["mine 2 [1, 2]", "2 []"]


def test_what_must_outlive_a_page_has_the_name_of_no_widget() -> None:
    # Streamlit drops the value of a widget, or of another element with a key, with its page.
    of_widgets = {entry.name for name, entry in vars(session).items() if name in OF_WIDGETS}
    entries = {entry.name for entry in vars(session).values() if isinstance(entry, session.Entry)}
    keys = {str(key) for key in Key} - {"model"}  # in the address alone
    assert entries & keys == of_widgets
