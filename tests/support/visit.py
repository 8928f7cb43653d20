"""A visitor without a browser: the app under Streamlit's own test client."""

import functools
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from paths import ROOT
from PIL import Image
from streamlit.components.v2 import manifest_scanner
from streamlit.components.v2.bidi_component.constants import EVENT_DELIM
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import NumberInput

from core.bundle.folder import read_manifest, write_manifest
from core.bundle.held_out_run import HeldOutFold, HeldOutRun
from core.data.provenance import DataSource
from core.serving.catalog import embedded

MODELS = ROOT / "models"
FIRST, SECOND = "phantom", "phantom-without-augmentation"  # the embedded teaching models
REAL = next(iter(embedded()))  # the model that everybody gets who has chosen none: of real images
TITLES = {
    "streamlit_app.py": "Breast ultrasound classifier",
    "pages/classify.py": "Classify",
    "pages/augmentation.py": "Augmentation",
    "pages/training_curves.py": "Training curves",
    "pages/confusion_matrix.py": "Confusion matrix",
    "pages/you_against_the_model.py": "You against the model",
    "pages/data_audit.py": "Data audit",
}
PAGES = list(TITLES)
# Views of the pages, by what their address says, that show what the first view does not.
VIEWS = {
    "pages/classify.py": ({"map": "Occlusion"}, {"from": "Folder"}, {"similar": "true"}),
    "pages/augmentation.py": (
        {"panel": "One at a time"},
        {"panel": "Side by side"},
        {"panel": "What to look for"},
    ),
    "pages/training_curves.py": ({"runs": "Table 3 of the paper", "axis": "time"},),
    "pages/confusion_matrix.py": (
        {"details": "ROC and precision-recall"},
        {"details": "Calibration", "decision": "operating point"},
        {"details": "The paper's matrix", "true": "benign", "called": "benign"},
        {"details": "Tables"},
    ),
    "pages/data_audit.py": (
        {"step": "files"},
        {"step": "errors"},
        {"pixels": "224"},
        {"split": "By group"},
        {"split": "At random"},
        {"groups": "Conflicting labels only"},
        {"step": "checklist"},
    ),
}

# Otherwise the test client searches all installed packages for components at each run of a page.
manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)


def arrive() -> AppTest:
    """Open the home page's address; the first ``run`` paints it."""
    return AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=600)


def offer(app: AppTest, monkeypatch: pytest.MonkeyPatch, models: object) -> None:
    """Offer other models than the embedded ones, to a visitor whose link names none."""
    monkeypatch.setenv("MODEL", str(models))
    app.query_params.pop("model", None)


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def go(app: AppTest, page: str) -> AppTest:
    app.run()
    return app if page == PAGES[0] else app.switch_page(page).run()


def send(app: AppTest, name: str, data: bytes) -> AppTest:
    app.file_uploader[0].upload(name, data)
    return app.run()


def views(app: AppTest, page: str) -> Iterator[dict[str, str]]:
    """Open a page on its first view and on each of ``VIEWS``, and yield what the address says."""
    for view in ({}, *VIEWS.get(page, ())):
        # Who comes from another page gets the view of the address.
        app.switch_page(PAGES[0]).run()
        app.switch_page(page)
        for name in {*app.query_params} - {"model"}:
            del app.query_params[name]
        app.query_params.update(view)
        app.run()
        yield view


def words(app: AppTest) -> str:
    """The text of the page, with what stands behind its help icons."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "warning", "error", "info", "metric")
    parts = []
    for kind in kinds:
        for element in getattr(app, kind):
            parts += [str(getattr(element, field, "")) for field in ("title", "label", "value", "body")]
            parts.append(getattr(element.proto, "help", ""))
    return "\n".join(parts).replace("\\", "")


def changed(
    folder: Path,
    copy: Path,
    *,
    drop: tuple[str, ...] = (),
    held_out: tuple[HeldOutRun, ...] = (),
    held_out_fold: HeldOutFold | None = None,
    data: DataSource | None = None,
    **decision: float,
) -> Path:
    """Copy a bundle, drop files, change decision, training data and what was held out, write the manifest."""
    shutil.copytree(folder, copy)
    for name in drop:
        (copy / name).unlink()
    fields = read_manifest(copy).model_dump(exclude={"files", "schema_version"})
    fields["decision"] |= decision
    fields["data"] = data or fields["data"]
    write_manifest(copy, **fields | {"held_out": held_out, "held_out_fold": held_out_fold})
    return copy


def sent(app: AppTest, key: str) -> dict:
    """What a component of ours gets, by the key of the element."""
    drawn = [element.proto for element in app.get("bidi_component")]
    return next(json.loads(proto.json) for proto in drawn if proto.id.endswith(f"-{key}"))


def cards(app: AppTest, key: str) -> list[dict]:
    """The cards of an element that ``image_cards`` drew, by the key of the element."""
    return sent(app, key)["cards"]


def findings(app: AppTest) -> list[str]:
    """The titles of the reasons not to trust a prediction: Classify's lines, and warnings elsewhere."""
    lines = [re.match(r":material/\w+: \*\*(.+?)\.\*\*", element.value) for element in app.markdown]
    return [*(line[1] for line in lines if line), *(warning.proto.title for warning in app.warning)]


def number(app: AppTest, label: str) -> NumberInput:
    """The number input with a label."""
    return next(one for one in app.number_input if one.label == label)


def send_back(app: AppTest, key: str, event: str, value: object) -> AppTest:
    """Run the page with what the script of a component sends, as a browser does."""
    (proto,) = [one.proto for one in app.get("bidi_component") if one.proto.id.endswith(f"-{key}")]
    states = app._tree.get_widget_states()
    trigger = states.widgets.add(id=f"{STREAMLIT_INTERNAL_KEY_PREFIX}_{proto.id}{EVENT_DELIM}events")
    trigger.json_trigger_value = json.dumps([{"event": event, "value": value}])
    return app._run(states)
