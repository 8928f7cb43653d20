"""The working folder of a training: what a kill leaves, and what cannot be resumed."""

import json

import numpy as np
import pandas as pd
import pytest
from bundles import make_bundle

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT, TrainingSpec
from core.bundle.tables import EpochRow
from core.data.plausibility import ImplausibleGroups
from core.errors import UserError
from core.images.preprocessing import Preprocessing
from core.recipe import Recipe
from core.schema import parse
from core.training.workspace import SPEC, Workspace, check_same


@pytest.fixture
def training(tmp_path) -> tuple[TrainingSpec, pd.DataFrame]:
    manifest = make_bundle(tmp_path / "bundle")
    fields = manifest.model_dump(include=set(TrainingSpec.model_fields))
    return parse(TrainingSpec, fields, what="the spec"), open_bundle(tmp_path / "bundle").table(SPLIT)


@pytest.fixture
def workspace(training, tmp_path) -> Workspace:
    workspace = Workspace(tmp_path / "run.partial")
    workspace.begin(*training)
    return workspace


def record(workspace: Workspace, epoch: int, accuracy: float, **options) -> None:
    row = EpochRow(
        epoch=epoch,
        loss=1.0,
        accuracy=0.5,
        val_loss=1.0,
        val_accuracy=accuracy,
        learning_rate=0.1,
        seconds=1.0,
        phase="train",
    )
    validation = pd.DataFrame({"epoch": [epoch], "file": ["a.png"], "true_class": ["benign"]})
    functions = {
        "save_network": lambda path: path.write_text(f"network {epoch}"),
        "save_checkpoint": lambda path: path.write_text(f"checkpoint {epoch}"),
    }
    workspace.record(row, validation, keep="best", **functions | options)


def test_what_was_started_is_read_back(workspace, training, tmp_path) -> None:
    spec, split = training
    assert workspace.exists
    assert not Workspace(tmp_path / "other").exists
    assert workspace.spec() == spec
    pd.testing.assert_frame_equal(workspace.split(), split)
    assert workspace.history().empty


def test_a_damaged_spec_is_told_in_a_sentence(workspace) -> None:
    (workspace.folder / SPEC).write_text("{")
    with pytest.raises(UserError, match=r"job\.json is damaged; remove .*run\.partial and train again"):
        workspace.spec()


def test_a_spec_of_an_earlier_program_is_read_in_current_words(workspace) -> None:
    path = workspace.folder / "job.json"
    content = json.loads(path.read_text()) | {"grouping": "near-copies only"}
    for name in ("schema_version", "ancestry", "precision"):
        del content[name]
    path.write_text(json.dumps(content))
    assert workspace.spec().grouping == "near-duplicates only"


def test_the_last_checkpoint_and_the_best_network_are_kept(workspace) -> None:
    for epoch, accuracy in enumerate((0.5, 0.7, 0.6), start=1):
        record(workspace, epoch, accuracy)
    assert workspace.history()["epoch"].tolist() == [1, 2, 3]
    assert workspace.validation_by_epoch()["epoch"].tolist() == [1, 2, 3]
    assert {path.name for path in workspace.folder.glob("*.h5")} == {
        "checkpoint-3.weights.h5",
        "best-2.weights.h5",
    }
    assert workspace.best_weights(2).read_text() == "network 2"
    for cache in (workspace.images(["0"], Preprocessing()), workspace.cache("features", "0")):
        np.save(cache, np.zeros(1))
        np.save(cache.with_name(f"new-{cache.name}"), np.zeros(1))
    workspace.discard_network()
    assert not [*workspace.folder.glob("*.h5"), *workspace.folder.glob("*.npy")]
    assert len(workspace.history()) == 3


def test_only_a_record_of_every_epoch_is_complete(workspace, training) -> None:
    spec, _ = training
    for epoch in range(1, 4):
        with pytest.raises(
            UserError, match="each of 3 epochs, so two programs have written to it; remove it"
        ):
            workspace.check_complete(spec)
        record(workspace, epoch, 0.5)
    workspace.check_complete(spec)
    history = workspace.folder / "history.csv"
    history.write_text(history.read_text() + history.read_text().splitlines()[-1] + "\n")
    with pytest.raises(UserError, match="two programs"):
        workspace.check_complete(spec)


def test_caches_are_named_after_what_they_hold(workspace) -> None:
    one = workspace.images(["a", "b"], Preprocessing())
    assert one == workspace.images(["a", "b"], Preprocessing())
    assert one != workspace.images(["b", "a"], Preprocessing())
    assert one != workspace.images(["a", "b"], Preprocessing(fit="letterbox"))


def test_an_epoch_that_is_not_recorded_to_the_end_does_not_count(workspace) -> None:
    record(workspace, 1, 0.5)
    with pytest.raises(ZeroDivisionError):
        record(workspace, 2, 0.7, save_checkpoint=lambda _: 1 / 0)
    assert workspace.history()["epoch"].tolist() == [1]
    assert workspace.checkpoint(1).read_text() == "checkpoint 1"
    assert workspace.best_weights(1).read_text() == "network 1"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("seed", 1, r"started with another seed \(it was 0 and is now 1\); give the same options"),
        ("class_names", ("a", "b"), r"another class names \(it was .*, normal and is now a, b\)"),
        (
            "recipe",
            Recipe(name="mine", backbone="tiny", weights="mine.h5", preprocessing={"image_size": 48}),
            r"recipe \(weights was none and is now mine\.h5; preprocessing\.image_size was 32 and is now 48",
        ),
        ("command", "anything", None),
        (
            "implausible_groups",
            ImplausibleGroups(images=20, large_group=9, conflicting=0, duplicates=0),
            None,
        ),
    ],
)
def test_a_training_is_resumed_with_the_same_spec_alone(workspace, training, field, value, told) -> None:
    spec, split = training
    changed = spec.model_copy(update={field: value})
    if told is None:
        check_same(workspace.folder, workspace.spec(), workspace.split(), changed, split)
        return
    with pytest.raises(UserError, match=told):
        check_same(workspace.folder, workspace.spec(), workspace.split(), changed, split)


@pytest.mark.parametrize("before", ["auto", "float32", "bfloat16"])
def test_a_training_whose_machine_chose_its_precision_is_resumed_on_another(
    workspace, training, before
) -> None:
    spec, split = training
    begun = spec.model_copy(
        update={
            "precision": "float32" if before == "auto" else before,
            "recipe": spec.recipe.model_copy(update={"precision": before}),
        }
    )
    now = spec.model_copy(update={"recipe": spec.recipe.model_copy(update={"precision": "auto"})})
    check_same(workspace.folder, begun, split, now, split)
    with pytest.raises(UserError, match="another recipe"):
        check_same(
            workspace.folder,
            begun,
            split,
            now.model_copy(update={"recipe": spec.recipe.overridden(epochs=9)}),
            split,
        )


@pytest.mark.parametrize(
    ("column", "told"), [("sha256", "the images have changed"), ("set", "another split of the same images")]
)
def test_a_training_is_resumed_with_the_same_split_alone(workspace, training, column, told) -> None:
    spec, split = training
    with pytest.raises(UserError, match=told):
        check_same(
            workspace.folder, spec, split, spec, split.assign(**{column: split[column][::-1].tolist()})
        )
