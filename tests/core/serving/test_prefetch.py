"""Models that are pulled while an image of the app is built."""

import os
import subprocess
import sys

import pytest
from paths import ROOT

from core.errors import UserError
from core.hub.push import push
from core.serving.prefetch import prefetch

MODEL = "ann/tiny"
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
