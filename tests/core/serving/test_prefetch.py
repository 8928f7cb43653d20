"""Models that are pulled while an image of the app is built."""

import os
import subprocess
import sys

import pytest
from hub_datasets import DATA, REPO, images, upload, zipped
from paths import ROOT

from core.errors import UserError
from core.hub.push import push
from core.serving.examples import fetch
from core.serving.prefetch import prefetch

MODEL = "ann/tiny"
ODD_CARD = b"---\nlicense: {a: 3}\n---\n"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(anns_hub, bundle):
    """A Hub with a model that has the tag v1."""
    push(bundle, MODEL, tag="v1")
    anns_hub.log.clear()
    return anns_hub


def test_the_build_fetches_pinned_models_alone(hub, monkeypatch):
    commit = hub.model(MODEL).tags["v1"]
    monkeypatch.delenv("HF_TOKEN")
    hub.model(MODEL).private = True
    (told,) = prefetch(f"{MODEL}@{commit}", hub.tokens["read"])
    assert told == f"Verified {MODEL}@{commit} (commit {commit[:7]})."
    with pytest.raises(
        UserError, match=r"is not pinned; give a commit, which `python train_cli\.py pull ann/tiny@v1`"
    ):
        prefetch(f"{MODEL}@v1", None)
    hub.log.clear()
    assert len(prefetch(None, None)) == 3
    assert not hub.log


@pytest.mark.usefixtures("empty_cache")
def test_the_build_fetches_pinned_examples_that_the_app_then_opens_without_a_request(hub, monkeypatch):
    data_set = f"{DATA}@{upload(hub, images(), ODD_CARD)}"
    hub.repos["datasets", REPO].private = True
    monkeypatch.delenv("HF_TOKEN")
    *_, told = prefetch("models/phantom", hub.tokens["read"], data_set)
    assert told == f"Fetched 9 example images of {data_set}."
    hub.log.clear()
    assert len(fetch(data_set, lambda *_: None).images) == 9
    assert not hub.log
    with pytest.raises(UserError, match="is not pinned"):
        prefetch("models/phantom", None, DATA)


@pytest.mark.usefixtures("empty_cache")
def test_the_build_says_in_full_why_examples_cannot_be_had(hub):
    """Visitors read no path of the server; who builds it does."""
    hostile = upload(hub, {"data.zip": zipped({"../../benign/0.png": b"x"})})
    with pytest.raises(UserError, match=r"data\.zip was not unpacked: .* lies outside the folder") as caught:
        prefetch("models/phantom", hub.tokens["read"], f"{DATA}@{hostile}")
    assert str(caught.value).startswith("/")


@pytest.mark.parametrize(
    ("model", "status", "output", "error"),
    [
        ("models/phantom", 0, "Verified models/phantom (local folder).\n", ""),
        ("./missing", 2, "", "Error: There is no folder missing; check the path.\n"),
    ],
)
def test_the_module_prints_a_line_per_model_or_the_error(model, status, output, error):
    run = subprocess.run(
        [sys.executable, "-m", "core.serving.prefetch"],
        cwd=ROOT,
        env=os.environ | {"MODEL": model},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (status, output, error)
