"""What every test shares: no test sees the developer's own Hub account or cache."""

import gc
import os
import shutil
import signal
import tempfile
from pathlib import Path

# The client reads these when it is imported, so they are set before any test module is.
_home = tempfile.TemporaryDirectory(prefix="test-hf-home-")
os.environ["HF_HOME"] = _home.name
os.environ["HF_HUB_DISABLE_XET"] = "1"
for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_HUB_CACHE"):
    os.environ.pop(name, None)
# NumPy reads this too. On a busy machine, its threads take several times the processor time to wait.
os.environ["OMP_NUM_THREADS"] = "1"
# Ray reads these when it is imported: it listens on loopback alone, and sends nobody anything.
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
# A shell has what it runs in the background ignore Ctrl-C, and the commands that tests interrupt would too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

import huggingface_hub.constants  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from browser import chromium, serve, visitor  # noqa: E402
from bundles import make_bundle  # noqa: E402
from hub_server import HubServer  # noqa: E402
from paths import SHARED  # noqa: E402
from visit import FIRST, arrive  # noqa: E402

from core.data.phantom.simulate import simulate  # noqa: E402

_LONGEST_ID = 120


def pytest_collection_finish() -> None:
    """Keep what all tests imported out of every garbage collection, which takes a twentieth of their time."""
    gc.collect()
    gc.freeze()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a parameter that holds a whole file after its argument: its bytes would fill a log."""
    return argname if isinstance(val, bytes | str) and len(val) > _LONGEST_ID else None


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A Hub of one's own, with an empty cache, for this process and for those it starts."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hf-home" / "hub"))
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        yield server


@pytest.fixture
def anns_hub(hub, monkeypatch, capfd, caplog):
    """Ann's Hub: her token is in the environment, and must not come out anywhere."""
    monkeypatch.setenv("HF_TOKEN", hub.tokens["write"])
    with caplog.at_level("DEBUG"):
        yield hub
    output = "".join(capfd.readouterr()) + caplog.text
    assert not [role for role, token in hub.tokens.items() if token in output]


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """An empty folder for what is unpacked, for this process and for those it starts."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles")
    for seed, name in enumerate(("tiny", "other")):
        make_bundle(folder / name, seed=seed)
    return folder


@pytest.fixture
def bundle(made, tmp_path):
    """A small bundle, to be changed at will."""
    return shutil.copytree(made / "tiny", tmp_path / "tiny")


@pytest.fixture
def other(made, tmp_path):
    """Another bundle with the same classes."""
    return shutil.copytree(made / "other", tmp_path / "other")


@pytest.fixture
def app(monkeypatch):
    """A visitor who is about to open the home page of an app with the embedded models."""
    monkeypatch.delenv("MODEL", raising=False)
    return arrive()


@pytest.fixture
def link_to_phantom(app):
    """The visitor comes by a link to the first teaching model, whose test images everybody may see."""
    app.query_params["model"] = FIRST


@pytest.fixture
def upload():
    """The name and the pixels of an image to upload."""
    pixels = simulate("malignant", np.random.default_rng(5)).image
    return "upload_1.png", np.repeat(pixels[..., np.newaxis], 3, axis=2)


@pytest.fixture(scope="session")
def busi() -> Path:
    """The folder of the BUSI images, for tests marked as needing them."""
    return _needed("BUSI_DIR", SHARED / "data" / "busi")


@pytest.fixture(scope="session")
def busbra() -> Path:
    """The folder of BUS-BRA, for tests marked as needing it."""
    return _needed("BUSBRA_DIR", SHARED / "data" / "busbra")


@pytest.fixture(scope="session")
def xception_weights() -> Path:
    """Xception's ImageNet weights without top layers, for tests marked as needing them."""
    return _needed("XCEPTION_WEIGHTS", SHARED / "weights" / "xception_imagenet_notop.weights.h5")


def _needed(variable: str, default: Path) -> Path:
    path = Path(os.environ.get(variable, default))
    if not path.exists():
        pytest.skip(f"{path} is not here; set {variable}")
    return path


@pytest.fixture(scope="session")
def address():
    """The app with the embedded models: one server for all tests that need no other."""
    with serve() as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    """Chromium; for no longer than a module, since Playwright keeps an event loop meanwhile."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def session(browser):
    """A fresh visitor."""
    options = {"viewport": {"width": 1280, "height": 900}, "permissions": ["clipboard-write"]}
    with visitor(browser, **options) as page:
        yield page
