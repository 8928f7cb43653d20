"""The HTTP client: bounded waiting, hashes of remote files, and nothing that happens on import."""

import hashlib
import subprocess
import sys
from types import SimpleNamespace

import httpx2
import pytest
from hub_checks import sentence
from hub_failures import REPO
from hub_server import Fault, HubServer
from paths import ROOT

from core.bundle.manifest import CARD
from core.errors import UserError
from core.hub import client as hub_client
from core.hub.client import has_same_hash, hub_address
from core.hub.dataset import open_dataset
from core.hub.pull import pull
from core.hub.push import push
from core.hub.space import deploy

# The client uploads in a way that its own HTTP library deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(anns_hub):
    return anns_hub


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (401, {}, "rejects the token"),
        (403, {}, "The token may not read ann/tiny"),
        (404, {}, "does not exist on the Hub"),
        (429, {}, "rate-limiting requests"),
        (429, {"Retry-After": "3600"}, "again in 3600 s"),
        (429, {"ratelimit": '"api";r=0;t=250'}, "again in 250 s"),
        (500, {}, "(HTTP 500)"),
        (503, {"Retry-After": "600"}, "again in 600 s"),
        (418, {}, "(HTTP 418)"),
    ],
)
def test_the_hub_answers_with_an_error(hub, bundle, status, headers, expected):
    push(bundle, REPO)
    hub.faults.append(Fault("GET /api/models/", status=status, headers=headers))
    assert expected in sentence(hub, pull, REPO)


def test_a_short_pause_is_granted(hub, bundle):
    push(bundle, REPO)
    busy = Fault("GET|HEAD", status=429, headers={"Retry-After": "0"}, times=3)
    hub.faults.append(busy)
    assert pull(REPO).commit
    assert busy.times == 0


def test_a_connection_that_is_reset(hub, bundle):
    push(bundle, REPO)
    hub.faults.append(Fault("GET /storage/", reset_after=100))
    assert "The connection was lost" in sentence(hub, pull, REPO)
    hub.faults.clear()
    assert pull(REPO).commit


@pytest.mark.parametrize(
    ("where", "after"),
    [("GET /api/", 0), ("GET /api/", 10), ("HEAD ", 0), ("GET /storage/", 0), ("GET /storage/", 10)],
)
def test_a_hub_that_falls_silent(hub, bundle, monkeypatch, where, after):
    push(bundle, REPO)
    monkeypatch.setattr(hub_client, "TIMEOUT", 0.3)
    hub.faults.append(Fault(where, stall_after=after))
    hub.log.clear()
    assert "did not respond for 0.3 s" in sentence(hub, pull, REPO)
    # Not asked again: each further try would take as long.
    asked = [entry.path for entry in hub.requests(where)]
    assert len(asked) == len(set(asked))


def test_a_hub_that_talks_nonsense(hub, bundle):
    push(bundle, REPO)
    hub.faults.append(Fault("GET /api/models/", corrupt=True))
    assert "returned an unexpected response" in sentence(hub, pull, REPO)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", "https://huggingface.co"),
        ("hf-mirror.com/", "https://hf-mirror.com"),
        (" https://hf-mirror.com// ", "https://hf-mirror.com"),
        ("http://hub.local", "http://hub.local"),
        ("HTTPS://hub.local/api/huggingface/", "HTTPS://hub.local/api/huggingface"),
        ("localhost:8700/", "http://localhost:8700"),
        ("127.0.0.1:8700", "http://127.0.0.1:8700"),
        ("[::1]:8700", "http://[::1]:8700"),
        ("localhost.example.org", "https://localhost.example.org"),
    ],
)
def test_the_address_of_the_hub_gets_its_scheme_and_loses_its_slash(text, address):
    assert hub_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["ftp://hub", "https://", "https:///x", "hub:port", "hub:70000", "[::1", "a b", "hub?x=1", "hub#x"],
)
def test_an_address_that_is_none_is_said_to_be_none(text, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", text)
    with pytest.raises(UserError, match=r"HF_ENDPOINT is .*set it to the address of a Hub, such as https://"):
        pull(REPO)


def test_the_whole_way_with_an_address_as_users_write_it(hub, bundle, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", f"{hub.endpoint.removeprefix('http://')}/")
    said = []
    pushed = push(bundle, REPO, tag="v1", progress=said.append)
    assert pushed.url == f"{hub.endpoint}/{REPO}"
    assert f"to {hub.endpoint}/{REPO}." in "\n".join(said)
    assert pull(f"{REPO}@v1").commit == pushed.commit
    hub.commit("ann/data", {f"{name}/1.png": b"" for name in "ab"}, kind="datasets")
    assert open_dataset("hf://datasets/ann/data", lambda *_: None).page == f"{hub.endpoint}/datasets/ann/data"
    deploy("ann/app", f"{REPO}@v1")
    assert f"]({hub.endpoint}/{REPO}) at commit" in hub.content("ann/app", CARD, kind="spaces").decode()


def test_the_server_itself_notices_a_token_at_the_storage():
    hub = HubServer()
    hub.__enter__()
    address = hub.endpoint.replace("127.0.0.1", "localhost")
    httpx2.get(address, headers={"Authorization": f"Bearer {hub.tokens['read']}"})
    with pytest.raises(AssertionError, match="reached the storage origin"):
        hub.__exit__()


IMPORT_AND_USE = """
from huggingface_hub import constants, get_session
from huggingface_hub.utils import are_progress_bars_disabled
from huggingface_hub.utils import logging as hub_logging

def state():
    return (
        type(get_session()).__name__,
        hub_logging.get_verbosity(),
        constants.HF_HUB_DISABLE_TELEMETRY,
        are_progress_bars_disabled(),
    )

before = state()
from core.hub.client import hub_api
print(state() == before)
hub_api(None, None)
configured, session = state(), get_session()
hub_api(None, None)
print(configured[0], configured[1] == hub_logging.ERROR, *configured[2:], get_session() is session)
"""


def test_the_library_is_configured_once_where_a_client_is_made_and_not_on_import():
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_AND_USE], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert run.stdout.splitlines() == ["True", "_Client True True True True"]


def test_a_hash_is_sha256_for_lfs_and_that_of_git_otherwise(tmp_path):
    data = b"a few bytes"
    (tmp_path / "file").write_bytes(data)
    git = hashlib.sha1(b"blob 11\0" + data, usedforsecurity=False).hexdigest()
    regular = SimpleNamespace(size=11, lfs=None, blob_id=git)
    lfs = SimpleNamespace(
        size=11, lfs=SimpleNamespace(sha256=hashlib.sha256(data).hexdigest()), blob_id="not used"
    )
    for remote in (regular, lfs):
        assert has_same_hash(data, remote)
        assert has_same_hash(tmp_path / "file", remote)
        assert not has_same_hash(b"other bytes", remote)
        assert not has_same_hash(data + b"!", remote)
