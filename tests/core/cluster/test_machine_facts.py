"""What another machine must have: the same storage, program, libraries, data and weights."""

import re
from pathlib import Path

import pytest
from ray_cluster import needs_cpu_build
from reading import request_for, silent

from core.cluster.machine_facts import (
    PROBE,
    MachineFacts,
    answer_file,
    check_machine,
    files_of_training,
    find_facts,
)
from core.data.phantom import dataset as phantom_dataset
from core.errors import UserError
from core.experiments.request import prepare
from core.experiments.starting_weights import Weights
from core.recipe import RECIPES


@pytest.fixture
def facts(tmp_path: Path) -> MachineFacts:
    """The facts of this machine: some images, a file of weights, and a folder of unfinished work."""
    phantom_dataset.write_dataset(tmp_path / "data", counts={"benign": 3, "malignant": 3})
    (tmp_path / "base.h5").write_bytes(b"weights")
    work = tmp_path / "out.partial"
    work.mkdir()
    (work / PROBE).write_text("probe")
    prepared = prepare(request_for(tmp_path / "data", tmp_path / "out", RECIPES["paper"]), silent)
    object.__setattr__(prepared, "weights", Weights(str(tmp_path / "base.h5"), None, "base.h5"))
    return find_facts(files_of_training(prepared), work, "probe", silent)


def check(facts: MachineFacts) -> None:
    check_machine(facts, "second", "a1")


def test_the_same_machine_passes_and_answers(facts: MachineFacts, tmp_path: Path) -> None:
    check(facts)
    assert answer_file(facts, "a1").exists()
    images = set((tmp_path / "data").rglob("*.png"))
    assert set(facts.files) == images | {tmp_path / "base.h5"}
    assert facts.versions["TensorFlow"] != "none"


def test_another_probe_is_another_storage(facts: MachineFacts) -> None:
    (facts.folder / PROBE).write_text("that of another run")
    message = rf"^second does not see {facts.folder}; choose an --output on storage that all machines see\.$"
    with pytest.raises(UserError, match=message):
        check(facts)
    (facts.folder / PROBE).unlink()
    with pytest.raises(UserError, match=message):
        check(facts)


def test_a_folder_that_cannot_be_written_is_refused(facts: MachineFacts) -> None:
    answer_file(facts, "a1").mkdir()  # root may write to a folder that is read-only
    with pytest.raises(UserError, match="second cannot write to"):
        check(facts)


def test_a_changed_file_and_one_that_is_not_there_are_named(facts: MachineFacts, tmp_path: Path) -> None:
    image = facts.files[2]
    content = image.read_bytes()
    image.write_bytes(content[:-1] + b"?")
    with pytest.raises(UserError, match=rf"^{re.escape(str(image))} is another file on second; put the data"):
        check(facts)
    image.unlink()
    with pytest.raises(
        UserError, match=rf"^second cannot read {re.escape(str(image))}; put the data and the weights on"
    ):
        check(facts)
    image.write_bytes(content)
    (tmp_path / "base.h5").write_bytes(b"others")
    with pytest.raises(UserError, match=r"base\.h5 is another file on second"):
        check(facts)


def test_other_versions_are_refused(facts: MachineFacts) -> None:
    older = facts._replace(versions=facts.versions | {"Keras": "2.0"})
    with pytest.raises(UserError, match=r"second has Keras .*, and this machine has 2\.0; pip install -r"):
        check(older)
    with pytest.raises(UserError, match="there, and then TensorFlow's build for GPUs"):
        check(older._replace(needs_gpu=True))
    changed = facts._replace(versions=facts.versions | {"this program": "0"})
    with pytest.raises(UserError, match="second has another version of this program; update it there"):
        check(changed)


@needs_cpu_build
def test_a_machine_with_the_cpu_build_of_tensorflow_gets_no_training_for_a_gpu(facts: MachineFacts) -> None:
    message = r"^second has tensorflow-cpu, which uses no GPU; install TensorFlow's build for GPUs there"
    with pytest.raises(UserError, match=message):
        check(facts._replace(needs_gpu=True))
