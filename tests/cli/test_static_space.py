"""The command ``deploy --static``, from a published bundle to a static Space on a Hub on loopback."""

import pytest
from bundles import make_bundle
from command_line import refuse, succeed
from sites import runtime

from core.hub.push import push

SPACE = "ann/page"
MODEL = "ann/tiny"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture(autouse=True)
def with_runtime():
    """ONNX Runtime Web is in the cache, or these tests are skipped."""
    runtime()


def files(hub):
    return set(hub.space(SPACE).newest)


def read(hub, path):
    return hub.content(SPACE, path, kind="spaces").decode()


def test_a_published_model_becomes_a_page_and_again_changes_nothing(anns_hub, bundle):
    push(bundle, MODEL, tag="v1", include_test_images=True, data_licence="CC0-1.0")
    commit = anns_hub.model(MODEL).tags["v1"]
    said = succeed("deploy", SPACE, "--model", f"{MODEL}@v1", "--static")
    assert said.stdout.startswith(f"Deployed: {anns_hub.endpoint}/spaces/{SPACE}\nModel: {MODEL}@{commit}\n")
    assert "images stay in the visitor's browser" in said.stdout
    assert anns_hub.space(SPACE).sdk == "static"
    assert "sdk: static" in read(anns_hub, "README.md")
    sent = files(anns_hub)
    assert {"index.html", "training-curves.html", "confusion-matrix.html", "about.html", "sw.js"} < sent
    assert {"model.onnx", "plotly/plotly.min.js", "ort/ort.wasm.min.js", "images/0.png"} < sent
    assert commit in read(anns_hub, "about.html")
    again = succeed("deploy", SPACE, "--model", f"{MODEL}@v1", "--static")
    assert again.stdout.startswith("The Space is already up to date")
    assert len(anns_hub.space(SPACE).commits) == 2


def test_images_of_an_earlier_page_go_with_it(anns_hub, bundle):
    push(bundle, MODEL, include_test_images=True, data_licence="CC0-1.0")
    succeed("deploy", SPACE, "--model", MODEL, "--static")
    folders = {path.partition("/")[0] for path in files(anns_hub)}
    assert {"examples", "images"} <= folders
    push(bundle, MODEL)
    succeed("deploy", SPACE, "--model", MODEL, "--static")
    assert not [path for path in files(anns_hub) if path.endswith(".png")]


def test_charts_and_test_images_name_no_file_of_the_data(anns_hub, bundle):
    push(bundle, MODEL, include_test_images=True, data_licence="CC0-1.0")
    succeed("deploy", SPACE, "--model", MODEL, "--static")
    for path in files(anns_hub):
        content = anns_hub.content(SPACE, path, kind="spaces")
        assert b"malignant (1).png" not in content or path == "seen.json", path
        assert anns_hub.tokens["write"].encode() not in content, path


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"licence": "CC-BY-NC-ND-4.0"}, "may not be published: the licence of theirs, 'CC-BY-NC-ND-4.0'"),
        ({"licence": None}, None),
    ],
)
def test_a_licence_that_forbids_is_heeded_before_there_is_a_space(anns_hub, tmp_path, fields, told):
    data = {"name": "theirs", "simulated": False, "patient_ids": True, **fields}
    make_bundle(tmp_path / "theirs", data=data)
    push(tmp_path / "theirs", MODEL)
    if told is None:
        succeed("deploy", SPACE, "--model", MODEL, "--static")
        assert not [path for path in files(anns_hub) if path.startswith("images/")]
        assert "it names no licence" in read(anns_hub, "confusion-matrix.html")
        return
    assert told in refuse("deploy", SPACE, "--model", MODEL, "--static")
    assert ("spaces", SPACE) not in anns_hub.repos


def test_a_private_model_is_refused_and_examples_have_no_place(anns_hub, bundle):
    push(bundle, MODEL, private=True)
    told = refuse("deploy", SPACE, "--model", MODEL, "--static")
    assert "is private, and the page gives the network to everyone" in told
    told = refuse("deploy", SPACE, "--model", MODEL, "--static", "--examples", "hf://datasets/a/b@main")
    assert "--examples is for the app" in told
    assert ("spaces", SPACE) not in anns_hub.repos
    succeed("deploy", SPACE, "--model", MODEL, "--static", "--private")
    assert anns_hub.space(SPACE).private
