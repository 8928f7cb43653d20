"""Deploying the app as a Space, with the real client against a Hub on loopback."""

import re
import shutil
import sys

import pytest
from bundles import make_bundle
from hub_datasets import DATA, REPO, images, png, upload
from hub_server import Fault
from huggingface_hub import RepoCard
from killing import killed_at
from paths import ROOT
from visit import FIRST, SECOND

from core.bundle.manifest import TEST_IMAGES
from core.cli.app import main
from core.data.provenance import BUSI_CITATION, DataSource
from core.errors import UserError
from core.hub.push import push
from core.hub.space import deploy

MODEL = "ann/tiny"
SPACE = "ann/app"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(anns_hub, bundle):
    """A Hub with a model that has the tag v1."""
    push(bundle, MODEL, tag="v1")
    anns_hub.log.clear()
    return anns_hub


@pytest.fixture
def program(tmp_path):
    """A copy of this program, with what may lie about in such a folder, to be changed at will."""
    folder = tmp_path / "program"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", ".venv", ".*_cache", "runs", "tests"))
    (folder / ".streamlit" / "secrets.toml").write_text('HF_TOKEN = "hf_mine"')
    (folder / "core" / "notes.txt").write_text("mine")
    shutil.copytree(folder / "models" / "phantom", folder / "models" / "mine.partial" / "bundle")
    return folder


def files(hub):
    return set(hub.space(SPACE).newest)


def text(hub, path):
    return hub.content(SPACE, path, kind="spaces").decode()


def test_a_space_is_made_in_one_commit(hub, program):
    said = []
    deployed = deploy(SPACE, f"{MODEL}@v1", program=program, progress=said.append)
    pinned = f"{MODEL}@{hub.model(MODEL).tags['v1']}"
    assert (deployed.model, deployed.changed, deployed.needs_secret) == (pinned, True, ())
    assert deployed.url == f"{hub.endpoint}/spaces/{SPACE}"
    space = hub.space(SPACE)
    assert (space.sdk, space.variables, space.private) == ("docker", {"MODEL": pinned}, False)
    assert len(hub.requests("POST .*/commit/")) == 1
    assert any(sentence.startswith("Uploading ") and " MB, to " in sentence for sentence in said)
    sent = files(hub)
    assert {"Dockerfile", ".dockerignore", "requirements-app.txt", "streamlit_app.py"} < sent
    assert {"core/hub/__init__.py", "pages/classify.py", "pages/components/shared/layout.py"} < sent
    assert {".streamlit/config.toml"} < sent
    assert {"models/phantom/model.onnx", "docs/results/protocols_busi_xception_150.json"} < sent
    assert {f"pages/components/shared/{name}" for name in ("style.css", "image_cards.js")} < sent
    # Neither secrets, nor what else lies about.
    for path in sent:
        assert "hf_mine" not in hub.content(SPACE, path, kind="spaces").decode(errors="ignore")
    assert not [path for path in sent if "notes" in path or "partial" in path or "secrets" in path]
    assert not [path for path in sent if "__pycache__" in path or path.startswith("tests/")]
    documentation = {path for path in sent if path.startswith("docs/")}
    assert {path for path in documentation if not path.startswith("docs/results/")} == {"docs/PAPER.md"}


def test_the_front_matter_says_how_to_run_it(hub, program):
    deploy(SPACE, f"{MODEL}@v1", program=program)
    card = RepoCard(text(hub, "README.md"))
    assert (card.data.sdk, card.data.app_port, card.data.models) == ("docker", 8501, [MODEL])
    assert hub.model(MODEL).tags["v1"] in card.text
    assert "Not a medical device" in card.text
    # The repository itself may be pushed to a Space too.
    own = RepoCard.load(ROOT / "README.md").data
    assert (own.sdk, own.app_port) == ("docker", 8501)
    assert '"--server.port=8501"' in (ROOT / "Dockerfile").read_text()


def test_the_same_again_changes_nothing_and_another_model_one_thing(hub, program, other):
    deploy(SPACE, f"{MODEL}@v1", program=program)
    hub.commit(SPACE, {"theirs.md": b"theirs", "core/old.py": b"gone since"}, kind="spaces")
    assert deploy(SPACE, f"{MODEL}@v1", program=program).changed
    assert "theirs.md" in files(hub)
    assert "core/old.py" not in files(hub)
    hub.log.clear()
    assert not deploy(SPACE, f"{MODEL}@v1", program=program).changed
    assert not hub.requests("(POST|PUT) (?!.*validate-yaml)")
    push(other, MODEL)
    hub.log.clear()
    deployed = deploy(SPACE, MODEL, program=program)
    assert deployed.model == f"{MODEL}@{hub.model(MODEL).branches['main']}"
    assert hub.space(SPACE).variables == {"MODEL": deployed.model}
    assert f"`{deployed.model.partition('@')[2]}`" in text(hub, "README.md")
    assert not hub.requests("PUT ")


def test_images_that_are_not_simulated_stay_at_home(hub, program):
    patients = {"name": "patients", "simulated": False, "patient_ids": True}
    make_bundle(program / "models" / "hospital", data=patients)
    # BUSI is known to everybody, but its images are not ours to give away.
    busi = DataSource(name="BUSI", simulated=False, patient_ids=False, citation=BUSI_CITATION)
    make_bundle(program / "models" / "busi", data=busi.model_dump())
    said = []
    deploy(SPACE, MODEL, program=program, progress=said.append)
    assert not [path for path in files(hub) if path.startswith("models/hospital")]
    assert {"models/busi/model.onnx", "models/busi-busbra/model.onnx"} < files(hub)
    with_images = {path for path in files(hub) if path.endswith(TEST_IMAGES)}
    assert with_images == {f"models/{name}/{TEST_IMAGES}" for name in (FIRST, SECOND)}
    assert [sentence for sentence in said if sentence.startswith("models/hospital is left out")]


def test_a_private_model_needs_a_secret(hub, program, bundle):
    push(bundle, "ann/secret", private=True)
    deployed = deploy(SPACE, "ann/secret", program=program, private=True)
    assert deployed.needs_secret == (deployed.model,)
    assert hub.space(SPACE).private


def test_examples_are_a_variable_that_stays_until_another_is_given(hub, program):
    first = f"{DATA}@{upload(hub, images())}"
    deployed = deploy(SPACE, MODEL, examples=first, program=program)
    assert (deployed.examples, deployed.needs_secret) == (first, ())
    assert hub.space(SPACE).variables == {"MODEL": deployed.model, "EXAMPLES": first}
    assert not deploy(SPACE, MODEL, examples=first, program=program).changed
    assert not deploy(SPACE, MODEL, program=program).changed
    assert hub.space(SPACE).variables["EXAMPLES"] == first
    second = f"{DATA}@{upload(hub, {'benign/new.png': png(55)})}"
    assert deploy(SPACE, MODEL, examples=second, program=program).changed
    assert hub.space(SPACE).variables["EXAMPLES"] == second
    hub.repos["datasets", REPO].private = True
    assert deploy(SPACE, MODEL, examples=second, program=program).needs_secret == (second,)


@pytest.mark.parametrize(
    ("examples", "told"),
    [
        (DATA, f"{DATA} is not pinned: give a commit, as in {DATA}@COMMIT."),
        (f"{DATA}@{'0a' * 20}", f"{DATA}@{'0a' * 20} does not exist on the Hub"),
    ],
)
def test_examples_that_are_not_pinned_or_not_there_are_refused_first(hub, program, examples, told):
    with pytest.raises(UserError, match=re.escape(told)):
        deploy(SPACE, MODEL, examples=examples, program=program)
    assert ("spaces", SPACE) not in hub.repos


@pytest.mark.parametrize(
    ("model", "options", "fault", "told"),
    [
        ("ann/absent", {}, None, "ann/absent does not exist on the Hub"),
        (f"{MODEL}@v9", {}, None, "no such tag, branch or commit"),
        ("bob/poems", {}, None, "bob/poems is not a model bundle: it has no bundle.json"),
        (str(ROOT / "models" / "phantom"), {}, None, "push it first"),
        (MODEL, {"space": "app"}, None, "'app' is not USER/SPACE, the name of a Space to publish to"),
        (MODEL, {"space": "bob/app"}, None, "may not write to spaces/bob/app"),
        (MODEL, {"role": "read"}, None, "may not write to spaces/ann/app"),
        (
            MODEL,
            {},
            Fault("POST /api/repos/create", status=402),
            "a paid Hub plan, as every Docker Space: add --static",
        ),
        (
            MODEL,
            {},
            Fault("POST /api/repos/create", status=403, headers={"X-Error-Message": "Docker needs PRO."}),
            "as every Docker Space: add --static",
        ),
        (MODEL, {}, Fault("POST .*/preupload", status=500), "(HTTP 500)"),
    ],
)
def test_what_can_go_wrong(hub, program, monkeypatch, model, options, fault, told):
    hub.commit("bob/poems", {"README.md": b"# Poems"})
    monkeypatch.setattr("time.sleep", lambda _: None)
    hub.faults += [fault] if fault else []
    with pytest.raises(UserError) as caught:
        deploy(
            options.get("space", SPACE),
            model,
            program=program,
            token=hub.tokens[options.get("role", "write")],
        )
    assert told in str(caught.value)
    made = hub.repos.get(("spaces", SPACE))
    assert made is None or files(hub) == {".gitattributes"}


def test_somebody_else_deploying_is_noticed(program, hub):
    theirs = {"app.py": b"theirs"}
    hub.faults.append(Fault("POST .*/commit/", before=lambda: hub.commit(SPACE, theirs, kind="spaces")))
    with pytest.raises(UserError, match="spaces/ann/app was changed by somebody else"):
        deploy(SPACE, MODEL, program=program)
    assert files(hub) == {".gitattributes", "app.py"}


def test_a_static_page_is_not_overwritten(program, hub):
    hub.commit(SPACE, {"index.html": b"page"}, kind="spaces", sdk="static")
    with pytest.raises(
        UserError, match="spaces/ann/app exists and is a Space of the kind static: give another"
    ):
        deploy(SPACE, MODEL, program=program)
    assert files(hub) == {"index.html"}
    assert not hub.space(SPACE).variables


@pytest.mark.usefixtures("hub")
def test_a_public_space_is_not_taken_for_private(program):
    deploy(SPACE, MODEL, program=program)
    with pytest.raises(UserError, match="exists and is public"):
        deploy(SPACE, MODEL, program=program, private=True)


@pytest.fixture
def small_program(program, bundle):
    """The same with little in its folders: what is looked at here does not depend on how much there is."""
    for folder in ("core", "pages", "models"):
        shutil.rmtree(program / folder)
    (program / "core").mkdir()
    (program / "core" / "one.py").write_text("")
    shutil.copytree(bundle, program / "models" / "tiny")
    return program


@pytest.mark.slow
@pytest.mark.parametrize("state", ["new", "deployed before"])
def test_killed_at_any_request_and_repeated(hub, small_program, bundle, other, subtests, state):
    number = 0
    while True:
        hub.empty()
        push(bundle, MODEL, tag="v1")
        push(other, MODEL, tag="v2")
        if state == "deployed before":
            deploy(SPACE, f"{MODEL}@v1", program=small_program)
            (small_program / "core" / "one.py").write_text(f"# {number}")
        hub.log.clear()
        if not killed_at(hub, number, deploy, SPACE, f"{MODEL}@v2", program=small_program):
            break
        with subtests.test(f"{hub.log[-1].method} {hub.log[-1].path}"):
            if ("spaces", SPACE) in hub.repos:
                assert files(hub) == {".gitattributes"} or "core/one.py" in files(hub)
            pinned = deploy(SPACE, f"{MODEL}@v2", program=small_program).model
            assert hub.space(SPACE).variables == {"MODEL": pinned}
            assert f"{MODEL}@{hub.model(MODEL).tags['v2']}" == pinned
            assert {"Dockerfile", "core/one.py", "README.md", "models/tiny/model.onnx"} < files(hub)
            assert len(hub.space(SPACE).commits) == (2 if state == "new" else 3)
        number += 1
    assert number == len(hub.log)
    assert len(hub.requests("POST .*/commit/")) == 1


def test_the_command_says_what_it_did(hub, monkeypatch, capfd):
    monkeypatch.setattr(sys, "argv", ["train_cli.py", "deploy", SPACE, "--model", f"{MODEL}@v1"])
    with pytest.raises(SystemExit) as ended:
        main()
    output, errors = capfd.readouterr()
    assert not ended.value.code
    pinned = f"{MODEL}@{hub.model(MODEL).tags['v1']}"
    assert output.startswith(f"Deployed: {hub.endpoint}/spaces/{SPACE}\n")
    assert f"Model: {pinned}" in output
    assert f"The Space will show {pinned}." in errors
    assert hub.tokens["write"] not in output + errors
    assert "takes a few minutes" in output
    with pytest.raises(SystemExit):
        main()
    again = capfd.readouterr().out
    assert again.startswith("The Space is already up to date")
    assert "takes a few minutes" not in again
    data_set = f"{DATA}@{upload(hub, images())}"
    hub.repos["datasets", REPO].private = True
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--examples", data_set])
    with pytest.raises(SystemExit):
        main()
    told = " ".join(capfd.readouterr().out.split())
    assert f"Example images: {data_set}" in told
    assert (
        f"Not public: {data_set}. At {hub.endpoint}/spaces/{SPACE}/settings add the secret HF_TOKEN" in told
    )
