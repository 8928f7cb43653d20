"""Open models: pulled once, tried again after a failure, updated in the background."""

import shutil
import threading
from pathlib import Path

import pytest
from bundles import make_bundle
from huggingface_hub import constants

from core.errors import UserError
from core.hub.push import push
from core.serving import open_models
from core.serving.open_models import ModelCache, ModelUnavailable

REPO = "ann/tiny"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(anns_hub):
    return anns_hub


def test_a_local_folder_is_opened_once_until_its_manifest_changes(bundle) -> None:
    models = ModelCache()
    first = models.open(str(bundle))
    assert (first.commit, first.note) == (None, None)
    assert models.open(str(bundle)) is first
    shutil.rmtree(bundle)
    make_bundle(bundle, seed=7)
    second = models.open(str(bundle))
    assert second.key != first.key
    assert second.bundle.manifest.seed == 7


def test_a_model_is_pulled_once_whoever_asks(hub, bundle) -> None:
    commit = push(bundle, REPO).commit
    hub.log.clear()
    models, found = ModelCache(), []
    threads = [threading.Thread(target=lambda: found.append(models.open(REPO))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {model.commit for model in found} == {commit}
    assert len({id(model) for model in found}) == 1
    assert len(hub.requests("GET /api/models/ann/tiny(/revision/main)?$")) == 1


def test_an_unavailable_model_is_tried_again_after_a_while_or_when_forgotten(
    hub, bundle, monkeypatch
) -> None:
    models = ModelCache()
    assert not models.is_refused(REPO)
    failure = models.open(REPO)
    assert isinstance(failure, ModelUnavailable)
    assert models.is_refused(REPO)
    assert "does not exist on the Hub" in failure.sentence
    push(bundle, REPO)
    assert models.open(REPO) is failure
    monkeypatch.setattr(open_models, "RETRY_SECONDS", 0)
    assert not isinstance(models.open(REPO), ModelUnavailable)
    assert not models.is_refused(REPO)
    models.forget(REPO)
    hub.log.clear()
    models.open(REPO)
    assert hub.log


def test_whatever_goes_wrong_ends_in_a_sentence(hub, bundle) -> None:
    for name in ("~nobody-of-this-name/model", "x" * 5000):
        assert "is not a model" in ModelCache().open(name).sentence
    push(bundle, REPO)
    models = ModelCache()
    models.open(REPO)
    hub.stop()
    reference = Path(constants.HF_HUB_CACHE, "models--ann--tiny", "refs", "main")
    reference.write_bytes(b"\xff")  # the cache is damaged
    models.check(REPO, lambda _: None)
    assert "cannot be reached" in models.outcome(REPO)
    models.forget(REPO)
    assert "cannot be reached for ann/tiny" in models.open(REPO).sentence


def test_what_a_model_was_trained_on_is_known_of_a_cached_one_without_a_request(hub, bundle, monkeypatch):
    commit = push(bundle, REPO, tag="v1").commit
    names = (f"{REPO}@{commit}", f"{REPO}@v1", REPO)
    assert [ModelCache().training_data(name) for name in names] == [None] * 3
    for name in names[:2]:
        ModelCache().open(name)
    hub.log.clear()
    models = ModelCache()
    expected = ModelCache().open(str(bundle)).bundle.manifest.data
    assert [models.training_data(name) for name in (*names, str(bundle))] == [
        expected,
        expected,
        None,
        expected,
    ]
    assert not hub.log
    assert models.training_data("no model at all") is None
    monkeypatch.setattr(constants, "HF_HUB_CACHE", "~/nowhere")
    assert ModelCache().training_data(names[0]) is None


@pytest.mark.usefixtures("hub")
def test_a_newer_version_replaces_the_model_once_it_is_prepared(bundle, other) -> None:
    first = push(bundle, REPO).commit
    models = ModelCache()
    assert models.outcome(REPO) is None
    before = models.open(REPO)
    models.check(REPO, lambda _: None)
    assert models.outcome(REPO) == f"Commit {first[:7]} is the newest version."
    second = push(other, REPO).commit
    prepared = []

    def prepare(newest) -> None:
        assert models.checking(REPO)
        assert models.open(REPO).commit == before.commit
        prepared.append(newest.commit)

    models.check(REPO, prepare)
    assert models.outcome(REPO) == f"Updated from commit {first[:7]} to {second[:7]}."
    assert prepared == [models.open(REPO).commit] == [second]
    assert not models.checking(REPO)


def test_a_newer_version_that_fails_leaves_the_model_in_place(hub, bundle, other) -> None:
    first = push(bundle, REPO).commit
    models = ModelCache()
    models.open(REPO)
    push(other, REPO)

    def refuse(_) -> None:
        raise UserError("It cannot be loaded.")

    models.check(REPO, refuse)
    assert models.outcome(REPO) == f"The model stays at commit {first[:7]}. It cannot be loaded."
    models.check(REPO, lambda _: 1 / 0)
    assert f"{first[:7]}. The model cannot be opened (ZeroDivisionError);" in models.outcome(REPO)
    assert models.open(REPO).commit == first
    hub.stop()
    models.check(REPO, lambda _: None)
    assert "cannot be reached" in models.outcome(REPO)
    assert models.open(REPO).commit == first
