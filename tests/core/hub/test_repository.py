"""Names of repositories and models."""

from pathlib import Path

import pytest
from paths import ROOT

from core.errors import UserError
from core.hub.repository import ModelName, Repository, check_repository, check_tag, pinned_data_set

DATA = "hf://datasets/ann/x"
COMMIT = "0a" * 20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann/tiny", ModelName(repository=Repository("ann/tiny"))),
        ("ann/tiny@v1.0", ModelName(repository=Repository("ann/tiny", "v1.0"))),
        ("ann/tiny@refs/pr/1", ModelName(repository=Repository("ann/tiny", "refs/pr/1"))),
        ("./model", ModelName(folder=Path("model"))),
        ("../model", ModelName(folder=Path("../model"))),
        ("/data/model", ModelName(folder=Path("/data/model"))),
        ("~/model", ModelName(folder=Path.home() / "model")),
        ("tests", ModelName(folder=Path("tests"))),
    ],
)
def test_a_name_is_a_folder_or_a_repository(text, expected, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert ModelName.parse(text) == expected


def test_a_name_is_written_as_it_was_read():
    assert str(ModelName.parse("ann/tiny")) == "ann/tiny"
    assert str(ModelName.parse("ann/tiny@v1")) == "ann/tiny@v1"


@pytest.mark.parametrize("text", ["", "model", "a/b/c", "ann/tiny@", "ann/tiny@../..", "ann/ti ny", "@v1"])
def test_other_names_are_refused(text):
    with pytest.raises(UserError, match=r"is not a model: .*USER/REPO@REVISION\.$"):
        ModelName.parse(text)


@pytest.mark.parametrize(
    ("kind", "page", "text"),
    [
        ("model", "ann/x", "ann/x@v1"),
        ("dataset", "datasets/ann/x", "hf://datasets/ann/x@v1"),
        ("space", "spaces/ann/x", "spaces/ann/x@v1"),
    ],
)
def test_a_repository_knows_its_page_and_its_text(kind, page, text):
    repository = Repository("ann/x", "v1", kind)
    assert (repository.page, str(repository)) == (page, text)


def test_only_a_commit_pins():
    assert Repository("ann/x", "0a" * 20).is_pinned
    for revision in (None, "main", "0a" * 19, "0A" * 20, f"{'0a' * 20}0"):
        assert not Repository("ann/x", revision).is_pinned


@pytest.mark.parametrize("text", ["ann", "ann/x@v1", "./x", "a/b/c"])
def test_a_destination_is_a_repository_without_a_revision(text):
    with pytest.raises(UserError, match=r"is not USER/SPACE, the name of a Space to publish to\.$"):
        check_repository(text, "space")
    assert check_repository("ann/x", "space") == Repository("ann/x", None, "space")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{DATA}", f"{DATA} is not pinned: give a commit, as in {DATA}@COMMIT."),
        (f"{DATA}@v1", f"{DATA}@v1 is not pinned: give a commit, as in {DATA}@COMMIT."),
        (f"{DATA}@{'0a' * 19}", f"{DATA}@{'0a' * 19} names a commit in short: give all 40 digits."),
        ("ann/x", "'ann/x' is not a data set of the Hub: give hf://datasets/USER/NAME@COMMIT."),
        ("hf://datasets/../x", "'hf://datasets/../x' is not a data set of the Hub: give "),
    ],
)
def test_a_data_set_to_keep_is_pinned(text, told):
    with pytest.raises(UserError) as caught:
        pinned_data_set(text)
    assert str(caught.value).startswith(told)
    assert pinned_data_set(f" {DATA}@{COMMIT} ") == Repository("ann/x", COMMIT, "dataset")


@pytest.mark.parametrize("tag", ["v1", "v1.0-rc_2", "2026/spring", "größe", "0a"])
def test_a_tag_that_git_takes_names_its_commit(tag):
    check_tag(tag)
    assert Repository.parse(f"ann/x@{tag}") == Repository("ann/x", tag)


@pytest.mark.parametrize(
    "tag",
    [
        "",
        " v1",
        "v 1",
        "v1.",
        "v..1",
        ".v1",
        "-v1",
        "/v1",
        "v1/",
        "v//1",
        "a/.b",
        "a.lock",
        "a.lock/b",
        "main",
    ]
    + [f"v{sign}1" for sign in "~^:?*[\\@{\n\x7f"]
    + ["0a" * 20],
)
def test_a_tag_that_git_or_the_name_of_a_model_cannot_hold_is_refused(tag):
    with pytest.raises(UserError, match=r"cannot be a tag; .* such as --tag v1\.$"):
        check_tag(tag)
