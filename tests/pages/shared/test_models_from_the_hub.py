"""Models of the Hub in the app: what a visitor is told, what keeps serving, and what nobody gets to see."""

import os
import subprocess
import sys
import threading

import pytest
import streamlit as st
from hub_failures import FAILURES, REPO, two_versions
from hub_server import Fault
from paths import ROOT
from visit import MODELS, PAGES, REAL, arrive, words

from core.bundle.manifest import MANIFEST
from core.hub import client as hub_client
from core.hub.pull import pull
from core.hub.push import push

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(anns_hub):
    """A Hub, and an app that has just been started: no model is opened."""
    st.cache_resource.clear()
    yield anns_hub
    st.cache_resource.clear()


def press(app, label):
    return next(button for button in app.button if button.label == label).click().run()


def test_the_picker_says_what_a_cached_model_was_trained_on_and_which_is_not_open(
    app, hub, bundle, monkeypatch, tmp_path
):
    commit = push(bundle, REPO).commit
    pull(f"{REPO}@{commit}")
    monkeypatch.setenv("MODEL", f"{MODELS / REAL}, {REPO}@{commit}, ann/none@{commit}")
    hub.log.clear()
    captions = [caption.replace("\\", "") for caption in app.run().sidebar.radio[0].proto.captions]
    assert captions == ["BUSI and BUS-BRA", "simulated images (teaching model)", "not opened yet"]
    assert not hub.log
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / MANIFEST).write_text("{")
    monkeypatch.setenv("MODEL", f"{MODELS / REAL}, {tmp_path / 'broken'}, {REPO}@{commit}")
    captions = [caption.replace("\\", "") for caption in app.run().sidebar.radio[0].proto.captions]
    assert captions == ["BUSI and BUS-BRA", "cannot be opened", "simulated images (teaching model)"]
    # So its images can be opened with it.
    app.switch_page("pages/classify.py").run()
    press(app, "Simulated 1")
    press(app, "Open with the teaching model")
    assert f"Model **{REPO}@{commit}**" in words(app).replace("\u2060", "")


# What each failure is called is tested without pages, in tests/core/hub.
FAST = ("missing revision", "no network", "corrupted byte")


@pytest.mark.parametrize(
    "cause",
    [*FAST, *(pytest.param(name, marks=pytest.mark.slow) for name in FAILURES if name not in FAST)],
)
def test_every_failure_is_told_and_the_embedded_model_shown(app, hub, bundle, other, monkeypatch, cause):
    failure = FAILURES[cause]
    before = two_versions(hub, bundle, other)
    pinned = f"{REPO}@{before}"
    monkeypatch.setenv("MODEL", f"{failure.name}, {pinned}")
    monkeypatch.setattr("time.sleep", lambda _: None)
    with monkeypatch.context() as changed:
        failure.arrange(hub, changed)
        hub.faults += [failure.fault] if failure.fault else []
        app.run()
    assert not app.exception
    (error,) = app.error
    told = error.value.replace("\\", "")
    assert error.proto.title.replace("\\", "") == f"{failure.name} cannot be used"
    assert [name for name, one in FAILURES.items() if one.says in told] == [cause]
    assert f"Model **{REAL}**" in words(app)
    # What was cached serves, whatever the Hub does.
    app.sidebar.radio[0].set_value(pinned).run()
    assert f"Model **{pinned}** · commit {before[:7]}" in words(app)
    assert not app.error


@pytest.mark.slow
def test_a_newer_version_comes_when_asked_and_the_old_one_serves_until_then(
    app, hub, bundle, other, monkeypatch
):
    first = push(bundle, REPO).commit
    monkeypatch.setenv("MODEL", REPO)
    assert f"commit {first[:7]}" in words(app.run())
    second = push(other, REPO).commit
    hub.log.clear()
    for page in PAGES[1:]:
        assert f"commit {first[:7]}" in words(app.switch_page(page).run())
    assert not hub.log
    may_go_on = threading.Event()
    monkeypatch.setattr(hub_client, "TIMEOUT", 600)  # the pages below may take long
    hub.faults.append(Fault("GET /storage/", before=may_go_on.wait, times=1))
    press(app, "Check for a newer version")
    assert "The current one stays in use" in words(app)
    for visitor in (app.switch_page("pages/classify.py"), arrive()):
        visitor.run()
        press(visitor, "Simulated 1") if visitor is app else None
        assert f"commit {first[:7]}" in words(visitor)
        assert not visitor.exception
        assert not visitor.error
    assert "Predicted class" in words(app)
    may_go_on.set()
    from pages.components.shared.open_models import model_cache

    assert model_cache().outcome(REPO) == f"Updated from commit {first[:7]} to {second[:7]}."
    app.run()
    assert f"Model **{REPO}** · commit {second[:7]}" in words(app)
    assert f"Updated from commit {first[:7]} to {second[:7]}." in words(app)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arrange", "told"),
    [
        (lambda hub: hub.stop(), "cannot be reached"),
        (lambda hub: hub.faults.append(Fault("GET /storage/", corrupt=True)), "arrived damaged"),
        (lambda hub: hub.commit(REPO, {"bundle.json": b"{}"}), "has no valid schema version"),
    ],
    ids=["no network", "corrupted byte", "no bundle"],
)
def test_a_newer_version_that_cannot_be_had_leaves_the_old_one(
    app, hub, bundle, other, monkeypatch, arrange, told
):
    first = push(bundle, REPO).commit
    monkeypatch.setenv("MODEL", REPO)
    app.run()
    push(other, REPO)
    arrange(hub)
    press(app, "Check for a newer version")
    from pages.components.shared.open_models import model_cache

    model_cache().outcome(REPO)
    text = words(app.run())
    assert f"The model stays at commit {first[:7]}." in text
    assert told in text
    assert f"Model **{REPO}** · commit {first[:7]}" in text
    assert not app.error


def test_a_hub_that_is_away_is_noted_where_the_cache_serves(app, hub, bundle, monkeypatch):
    commit = push(bundle, REPO).commit
    pull(REPO)
    hub.stop()
    monkeypatch.setenv("MODEL", REPO)
    text = words(app.run())
    assert f"Model **{REPO}** · commit {commit[:7]}" in text
    assert "cannot be reached" in text
    assert "a cached version that may be out of date" in text
    assert not app.error


@pytest.mark.usefixtures("hub")
def test_a_pinned_or_local_model_has_no_newer_version(app, bundle, monkeypatch):
    commit = push(bundle, REPO).commit
    monkeypatch.setenv("MODEL", f"{REPO}@{commit}, {bundle}")
    for label in (f"{REPO}@{commit}", "tiny"):
        app.run().sidebar.radio[0].set_value(label).run()
        assert f"Model **{label}**" in words(app)
        assert "Check for a newer version" not in [button.label for button in app.button]


VISIT = """
import logging, sys
from streamlit.testing.v1 import AppTest
logging.basicConfig(level=logging.DEBUG)
app = AppTest.from_file("streamlit_app.py", default_timeout=600).run()
for label in app.sidebar.radio[0].options:
    app.sidebar.radio[0].set_value(label).run()
    for button in [button for button in app.button if button.label == "Check for a newer version"]:
        button.click().run()
    print([str(getattr(element, "proto", "")) for element in app])
    print(dict(app.query_params), [error.value for error in app.error])
"""


@pytest.mark.slow
@pytest.mark.parametrize("role", ["read", "wrong"])
def test_the_token_of_the_secrets_file_opens_and_never_shows(hub, bundle, tmp_path, monkeypatch, role):
    push(bundle, REPO, private=True)
    hub.model(REPO).tags["v1"] = hub.model(REPO).branches["main"]
    token = hub.tokens.get(role, "hf_wrongwrongwrongwrong")
    secrets = tmp_path / "home" / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir(parents=True)
    secrets.write_text(f'HF_TOKEN = "{token}"\nMODEL = "{REPO}, {REPO}@v1, ann/absent"\n')
    monkeypatch.delenv("HF_TOKEN")
    run = subprocess.run(
        [sys.executable, "-c", VISIT],
        cwd=ROOT,
        env=os.environ | {"HOME": str(secrets.parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    # Every element of every page, every log line down to DEBUG, and what went wrong.
    assert token not in run.stdout + run.stderr
    assert "HTTP Request" in run.stderr
    served = f"Model **{REPO.replace('/', chr(92) + '/')}" in run.stdout or f"Model **{REPO}" in run.stdout
    assert served == (role == "read")
    assert ("rejects the token" in run.stdout) == (role == "wrong")
