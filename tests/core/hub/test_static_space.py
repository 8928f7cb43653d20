"""Deploying a page as a static Space, with the real client against a Hub on loopback."""

import pytest
from hub_checks import sentence
from hub_server import Fault
from huggingface_hub import RepoCard
from killing import killed_at
from paths import ROOT

from core.errors import UserError
from core.hub.push import push
from core.hub.repository import Repository
from core.hub.static_space import model_to_show, publish

MODEL = "ann/tiny"
SPACE = "ann/page"
CARD = b"---\ntitle: page\nemoji: x\ncolorFrom: blue\ncolorTo: gray\nsdk: static\n---\n"
PAGE = {"README.md": CARD, "index.html": b"<p>one", "images/1.png": b"\x89PNG", "model.onnx": b"net" * 999}
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(anns_hub, bundle):
    """A Hub with a model that has the tag v1."""
    push(bundle, MODEL, tag="v1")
    anns_hub.log.clear()
    return anns_hub


@pytest.fixture
def shown(hub):
    return Repository(MODEL, hub.model(MODEL).tags["v1"])


def files(hub, space=SPACE):
    return set(hub.space(space).newest)


def read(hub, path):
    return hub.content(SPACE, path, kind="spaces")


def test_a_tag_is_resolved_to_its_commit_and_nothing_is_made_yet(hub, shown):
    assert model_to_show(SPACE, f"{MODEL}@v1") == shown
    assert ("spaces", SPACE) not in hub.repos
    assert not hub.requests("POST ")


def test_a_page_is_one_commit_of_a_static_space_and_again_changes_nothing(hub, shown, tmp_path):
    on_disk = tmp_path / "file"
    on_disk.write_bytes(PAGE["model.onnx"])
    page = {**PAGE, "model.onnx": on_disk}
    deployed = publish(SPACE, shown, page)
    assert (deployed.url, deployed.changed) == (f"{hub.endpoint}/spaces/{SPACE}", True)
    assert deployed.model == str(shown)
    assert (hub.space(SPACE).sdk, hub.space(SPACE).private) == ("static", False)
    assert len(hub.requests("POST .*/commit/")) == 1
    assert {name: read(hub, name) for name in PAGE} == PAGE
    assert RepoCard(read(hub, "README.md").decode()).data.sdk == "static"
    hub.log.clear()
    assert not publish(SPACE, shown, page).changed
    assert not hub.requests("(POST|PUT) (?!.*validate-yaml)")


def test_what_the_page_no_longer_has_goes_and_what_is_theirs_stays(hub, shown):
    publish(SPACE, shown, PAGE)
    hub.commit(SPACE, {"theirs.html": b"theirs", "images/2.png": b"of an earlier model"}, kind="spaces")
    assert publish(SPACE, shown, {**PAGE, "index.html": b"<p>two"}).changed
    assert files(hub) == {".gitattributes", "theirs.html", *PAGE}
    assert read(hub, "index.html") == b"<p>two"


@pytest.mark.parametrize("state", ["private", "gated"])
def test_a_model_that_not_everybody_may_read_is_on_no_public_space(hub, shown, state):
    setattr(hub.model(MODEL), state, True)
    told = sentence(hub, model_to_show, SPACE, MODEL)
    assert told.startswith(f"{MODEL} is {state}, and the page gives the network to everyone who opens it")
    assert ("spaces", SPACE) not in hub.repos
    assert model_to_show(SPACE, MODEL, private=True) == shown
    publish(SPACE, shown, PAGE, private=True)
    assert hub.space(SPACE).private
    hub.space(SPACE).private = False
    assert "exists and is public" in sentence(hub, publish, SPACE, shown, PAGE, private=True)


def test_the_app_of_a_docker_space_is_not_overwritten(hub, shown):
    hub.commit(SPACE, {"app.py": b"theirs"}, kind="spaces", sdk="docker")
    for call in ((model_to_show, SPACE, MODEL), (publish, SPACE, shown, PAGE)):
        told = sentence(hub, *call)
        assert told == f"spaces/{SPACE} exists and is a Space of the kind docker: give another name."
    assert files(hub) == {"app.py"}


@pytest.mark.parametrize(
    ("space", "model", "told"),
    [
        (SPACE, "ann/absent", "ann/absent does not exist on the Hub"),
        (SPACE, f"{MODEL}@v9", "no such tag, branch or commit"),
        (SPACE, "bob/poems", "bob/poems is not a model bundle: it has no bundle.json"),
        (SPACE, str(ROOT / "models" / "phantom"), "push it first"),
        ("page", MODEL, "'page' is not USER/SPACE, the name of a Space to publish to"),
    ],
)
def test_what_can_be_refused_before_anything_is_fetched_is(hub, space, model, told):
    hub.commit("bob/poems", {"README.md": b"# Poems"})
    assert told in sentence(hub, model_to_show, space, model)
    assert not hub.requests("/resolve/")


@pytest.mark.parametrize(
    ("space", "role", "fault", "told"),
    [
        ("bob/page", "write", None, "may not write to spaces/bob/page"),
        (SPACE, "read", None, "may not write to spaces/ann/page"),
        (SPACE, "write", Fault("POST .*/preupload", status=500), "(HTTP 500)"),
        (SPACE, "write", Fault("POST /api/repos/create", status=402), "requires a paid Hub plan"),
    ],
)
def test_what_can_go_wrong_leaves_the_space_as_it_was(hub, shown, monkeypatch, space, role, fault, told):
    monkeypatch.setattr("time.sleep", lambda _: None)
    hub.faults += [fault] if fault else []
    assert told in sentence(hub, publish, space, shown, PAGE, token=hub.tokens[role])
    assert ("spaces", space) not in hub.repos or files(hub, space) == {".gitattributes"}


def test_somebody_else_deploying_is_noticed(hub, shown):
    theirs = {"index.html": b"theirs"}
    hub.faults.append(Fault("POST .*/commit/", before=lambda: hub.commit(SPACE, theirs, kind="spaces")))
    with pytest.raises(UserError, match="spaces/ann/page was changed by somebody else"):
        publish(SPACE, shown, PAGE)
    assert read(hub, "index.html") == b"theirs"


@pytest.mark.slow
@pytest.mark.parametrize("state", ["new", "deployed before"])
def test_killed_at_any_request_the_page_is_the_old_one_or_the_new_one(hub, shown, subtests, state):
    old, new = PAGE, {**PAGE, "index.html": b"<p>two", "model.onnx": b"other" * 999, "images/2.png": b"2"}
    del new["images/1.png"]
    number = 0
    while True:
        hub.repos.pop(("spaces", SPACE), None)
        for stored in hub.objects.iterdir():
            stored.unlink()
        if state == "deployed before":
            publish(SPACE, shown, old)
        hub.log.clear()
        if not killed_at(hub, number, publish, SPACE, shown, new):
            break
        with subtests.test(f"{hub.log[-1].method} {hub.log[-1].path}"):
            if ("spaces", SPACE) in hub.repos:
                there = {name: read(hub, name) for name in files(hub) - {".gitattributes"}}
                assert there in ([old, new] if state == "deployed before" else [{}, new])
            publish(SPACE, shown, new)
            assert {name: read(hub, name) for name in files(hub) - {".gitattributes"}} == new
            assert len(hub.space(SPACE).commits) == (2 if state == "new" else 3)
        number += 1
    assert number == len(hub.log)
    assert len(hub.requests("POST .*/commit/")) == 1
