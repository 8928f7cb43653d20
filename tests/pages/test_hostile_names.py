"""Every page on a model, a folder and an upload whose names try to be markup or formulas.

``tests/browser/test_hostile_names.py`` shows that a browser makes nothing of what is sent here.
"""

import re

import numpy as np
import pytest
from google.protobuf.message import Message
from hostile_names import FILE, FOLDER, HOST, make_hostile_bundle, make_hostile_folder
from page_texts import SILENT, _of_json, nodes, strings
from visit import PAGES, png, send

from core.data.phantom.simulate import simulate

# What is shown as it is: texts for screen readers, the options of a select box, values of widgets.
PLAIN = (
    *SILENT,
    "alt",
    "json",  # of the cards, which set it as text
    "column_order",
    "options",
    "default",
    "query_string",
    "raw_value",
    "query_key",
    "page_script_hash",
)
# What would be live in Markdown: an address that is not broken, or markup without a backslash in front.
LIVE = re.compile(
    rf"https?\\?://{re.escape(HOST)}|www\.{re.escape(HOST)}|a@{re.escape(HOST)}"
    r"|(?<!\\)<(a |b>bold|i>y|s>z)|(?<!\\)\[(link|[flr])]|(?<!\\)(~~data|__model|`c`|:red|\$x)",
    re.IGNORECASE,
)
FORMULA = tuple("=+-@\t\r\n")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    make_hostile_bundle(folder / FOLDER)
    make_hostile_folder(
        folder / "data",
        [png(simulate("malignant", np.random.default_rng(number // 2)).image) for number in range(4)],
    )
    return folder


def test_no_page_sends_a_name_that_is_more_than_a_name(app, hostile, monkeypatch) -> None:
    monkeypatch.setenv("MODEL", str(hostile / FOLDER))
    monkeypatch.setenv("DATA_DIR", str(hostile / "data"))
    app.run().switch_page("pages/classify.py").run()
    send(app, f"{FILE}.png", png(simulate("benign", np.random.default_rng(5)).image))
    seen = 0
    for page in PAGES:
        app.switch_page(page).run()
        assert not app.exception
        for node in nodes(app._tree):
            proto = getattr(node, "proto", None)
            for name, text in strings(proto, PLAIN) if isinstance(proto, Message) else ():
                if name in ("spec", "figure"):
                    for label in _of_json(text):
                        assert not re.search(r"<(a |i>|s>|b>bold)|\$", label), (page, label)
                elif name != "columns":
                    assert not LIVE.search(text), (page, name, text)
                    seen += "evil" in text
            if type(node).__name__ == "Dataframe":
                cells = [*map(str, node.value.columns), *node.value.to_numpy().ravel()]
                assert not [c for c in cells if isinstance(c, str) and c.startswith(FORMULA)], page
    assert seen > 20
