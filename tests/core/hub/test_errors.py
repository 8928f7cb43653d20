"""Whatever a pull meets is said in a sentence of its own, and harms nothing that was there."""

import re
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hub_failures import FAILURES, REPO, two_versions
from hub_server import Fault

from core.cli.app import main
from core.errors import UserError
from core.hub.dataset import open_dataset
from core.hub.pull import pull
from core.hub.repository import DATA_SETS

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
LONGEST_WAIT = 30


@pytest.fixture
def waits(monkeypatch):
    """The seconds that each thread would have waited; nobody waits here."""
    waited = Counter()
    monkeypatch.setattr(time, "sleep", lambda seconds: waited.update({threading.get_ident(): seconds}))
    return waited


def command_line(monkeypatch, capfd, *arguments):
    """Run the command line in this process; return its exit code, stdout and stderr."""
    monkeypatch.setattr(sys, "argv", ["train_cli.py", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, *capfd.readouterr()


@pytest.mark.parametrize("cause", FAILURES)
def test_every_failure_has_its_sentence(anns_hub, bundle, other, waits, monkeypatch, capfd, cause):
    failure = FAILURES[cause]
    before = two_versions(anns_hub, bundle, other)
    with monkeypatch.context() as changed:
        failure.arrange(anns_hub, changed)
        anns_hub.faults += [failure.fault] if failure.fault else []
        code, output, errors = command_line(changed, capfd, "pull", failure.name)
    assert (code, output) == (2, "")
    assert not [role for role, token in anns_hub.tokens.items() if token in errors]
    (line,) = errors.splitlines()
    assert line.startswith("Error: ")
    assert line.endswith(".")
    assert [name for name, one in FAILURES.items() if one.says in line] == [cause]
    assert max(waits.values(), default=0) <= LONGEST_WAIT

    # What was cached serves as before, without a question to the Hub.
    anns_hub.log.clear()
    assert (pull(f"{REPO}@{before}").folder / "model.onnx").read_bytes() == (
        bundle / "model.onnx"
    ).read_bytes()
    assert not anns_hub.log
    anns_hub.faults.clear()
    if failure.mends:
        assert (pull(failure.name).folder / "model.onnx").read_bytes() == (other / "model.onnx").read_bytes()


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_pause_that_the_hub_asks_for_is_granted(anns_hub, bundle, waits, monkeypatch, form):
    two_versions(anns_hub, bundle, bundle)
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    pause = {"seconds": "20", "date": "Fri, 15 Jan 2027 08:00:20 GMT"}[form]
    anns_hub.faults.append(Fault("GET /api/", status=429, headers={"Retry-After": pause}, times=1))
    assert pull(f"{REPO}@v2").commit
    assert waits[threading.get_ident()] == 20


@pytest.mark.parametrize("where", ["GET /api/", "HEAD ", "GET /storage/"])
@pytest.mark.parametrize(("status", "says"), [(500, "(HTTP 500)"), (429, "rate-limiting requests")])
def test_an_error_that_does_not_pass_is_told_in_time(anns_hub, bundle, other, waits, where, status, says):
    two_versions(anns_hub, bundle, other)
    anns_hub.faults.append(Fault(where, status=status))
    with pytest.raises(UserError, match=re.escape(says)):
        pull(f"{REPO}@v2")
    assert max(waits.values(), default=0) <= LONGEST_WAIT


def test_a_network_that_is_gone_is_told_in_time_for_a_pinned_commit_too(anns_hub, bundle, other, waits):
    two_versions(anns_hub, bundle, other)
    commit = anns_hub.model(REPO).tags["v2"]
    anns_hub.stop()
    with pytest.raises(UserError, match="cannot be reached"):
        pull(f"{REPO}@{commit}")
    assert max(waits.values(), default=0) <= LONGEST_WAIT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"7",
        b"null",
        b"[" * 100_000,
        b'{"sha": 7}',
        b'{"id": "ann/tiny", "sha": "../../../elsewhere"}',
        b'{"id": "ann/tiny", "sha": "%s", "siblings": 7}' % (b"a" * 40),
        b'{"id": "ann/tiny", "sha": "%s", "siblings": [{"size": 7}]}' % (b"a" * 40),
    ],
)
def test_a_response_that_is_not_the_hubs_is_said_to_be_none(monkeypatch, body):
    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        for open_it in (
            lambda: pull(REPO, endpoint=endpoint),
            lambda: open_dataset(f"{DATA_SETS}{REPO}", print),
        ):
            with pytest.raises(UserError, match="returned an unexpected response for"):
                open_it()
        server.shutdown()
