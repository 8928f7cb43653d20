"""Every page on a model, a folder and an upload whose names try to be markup or formulas.

``tests/browser/test_hostile_names.py`` shows that a browser makes nothing of what is sent here.
"""

import re

import numpy as np
import pandas as pd
import pytest
from google.protobuf.message import Message
from hostile_names import CLASSES, FILE, FOLDER, HOST, make_hostile_bundle, make_hostile_folder
from page_texts import SILENT, _of_json, nodes, strings
from visit import PAGES, cards, go, png, send, views

from core.bundle.manifest import TEST_SET
from core.data.phantom.simulate import simulate
from pages.components.shared import data_folder
from pages.components.shared.keys import Key

# What is shown as it is: texts for screen readers, the options of a select box, values of widgets, and the
# data of a component (json), whose script sets them as text.
PLAIN = (
    *SILENT,
    "json",  # of the cards, which set it as text
    "alt",
    "code_text",  # a code block is no Markdown
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


def marked(app, view) -> int:
    """Check that no name on a page is more than a name, and count the texts with one."""
    assert not app.exception, view
    seen = 0
    for node in nodes(app._tree):
        proto = getattr(node, "proto", None)
        for name, text in strings(proto, PLAIN) if isinstance(proto, Message) else ():
            if name in ("spec", "figure"):
                for label in _of_json(text):
                    assert not re.search(r"<(a |i>|s>|b>bold)|\$", label), (view, label)
            elif name != "columns":
                assert not LIVE.search(text), (view, name, text)
                seen += "evil" in text
        if type(node).__name__ == "Dataframe":
            cells = [*map(str, node.value.columns), *node.value.to_numpy().ravel()]
            assert not [c for c in cells if isinstance(c, str) and c.startswith(FORMULA)], view
    return seen


@pytest.mark.slow
def test_no_view_of_a_page_sends_a_name_that_is_more_than_a_name(app, hostile, monkeypatch) -> None:
    monkeypatch.setenv("MODEL", str(hostile / FOLDER))
    monkeypatch.setenv("DATA_DIR", str(hostile / "data"))
    data_folder.audited(hostile / "data").future.result(timeout=600)
    app.run().switch_page("pages/classify.py").run()
    send(app, f"{FILE}.png", png(simulate("benign", np.random.default_rng(5)).image))
    seen = sum(marked(app, (page, view)) for page in PAGES for view in views(app, page))
    assert seen > 60


def test_nor_does_a_large_test_image(app, hostile, monkeypatch) -> None:
    monkeypatch.setenv("MODEL", str(hostile / FOLDER))
    one = pd.read_parquet(hostile / FOLDER / TEST_SET).iloc[0]
    probabilities = {name: one[f"p_{name}"] for name in CLASSES}
    predicted = max(probabilities, key=probabilities.get)
    app.query_params.update({"true": one["true_class"], "called": predicted, "large": one["sha256"][:12]})
    go(app, "pages/confusion_matrix.py")
    assert cards(app, Key.ENLARGED_IMAGE)[0]["key"] == one["sha256"]
    assert marked(app, "large")
