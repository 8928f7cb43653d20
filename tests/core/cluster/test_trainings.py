"""Trainings on the nodes of a cluster have the results of one machine, whatever is lost or killed."""

import json
import shutil
import signal
from pathlib import Path

import pytest
from command_line import run, start, succeed_alone
from processes import about, wait_for
from ray_cluster import FOLDED, TRAININGS, started_cluster
from same_runs import assert_same, assert_same_report

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]


def begun(folder: Path, fold: int) -> bool:
    """Whether a fold's first epoch is recorded."""
    return (folder.with_name(f"{folder.name}.partial") / f"fold-{fold}.partial" / "history.csv").exists()


def processes(name: str) -> list[int]:
    """The processes that work for Ray under a name."""
    numbers = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [number for number in numbers if about(number, "cmdline").startswith(f"ray::{name}".encode())]


def test_a_node_is_lost_in_the_midst_and_nothing_changes(
    cluster, folded_here: Path, phantoms: Path, tmp_path: Path
) -> None:
    output = tmp_path / "folded"
    process = start("cross-validate", phantoms, "--output", output, *FOLDED, "--cluster", cluster.address)
    wait_for(lambda: begun(output, 1) and begun(output, 2), process)
    cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
    said, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "begins again after its last finished epoch: its process was lost." in errors
    assert "Continuing after epoch" in errors
    assert "raylet" not in said + errors
    assert_same(output, folded_here)
    assert not output.with_name("folded.partial").exists()


def test_ctrl_c_ends_every_training_and_another_machine_goes_on(
    folded_here: Path, phantoms: Path, tmp_path: Path
) -> None:
    output = tmp_path / "folded"
    arguments = ["cross-validate", phantoms, "--output", output, *FOLDED]
    with started_cluster(nodes=2) as cluster:
        process = start(*arguments, "--cluster", cluster.address)
        wait_for(lambda: begun(output, 1) and begun(output, 2), process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
        assert process.returncode == 130
        assert errors.splitlines()[-1] == "Interrupted. Add --resume to continue."
        assert not processes("_attempt")
    finished = succeed_alone(*arguments, "--resume")  # without the cluster
    assert "Continuing after epoch" in finished.stderr
    assert_same(output, folded_here)


def test_the_head_dies_and_the_command_is_killed_and_it_goes_on_on_a_new_cluster(
    folded_here: Path, phantoms: Path, tmp_path: Path
) -> None:
    output = tmp_path / "folded"
    arguments = ["cross-validate", phantoms, "--output", output, *FOLDED]
    with started_cluster(nodes=2) as cluster:
        process = start(*arguments, "--cluster", cluster.address)
        wait_for(lambda: begun(output, 1), process)
        cluster.remove_node(cluster.head_node, allow_graceful=False)
        _, errors = process.communicate()
        assert process.returncode == 2
        assert errors.splitlines()[-1] == (
            "Error: the head of the Ray cluster does not answer any more; start the cluster again, and add "
            "--resume to continue."
        )
    with started_cluster(nodes=2) as cluster:
        process = start(*arguments, "--resume", "--cluster", cluster.address)
        wait_for(lambda: begun(output, 2), process)
        process.kill()
        process.communicate()
        succeed_alone(*arguments, "--resume", "--cluster", cluster.address)
    assert_same(output, folded_here)


def test_a_training_that_fails_for_a_reason_of_its_own_fails_once_and_stops_the_others(
    cluster, folded_here: Path, phantoms: Path, tmp_path: Path
) -> None:
    output = tmp_path / "folded"
    arguments = ["cross-validate", phantoms, "--output", output, *FOLDED, "--resume", "--cluster"]
    damaged = tmp_path / "folded.partial" / "fold-2.partial"
    damaged.mkdir(parents=True)
    (damaged / "job.json").write_text("{")
    failed = run(*arguments, cluster.address)
    assert failed.returncode == 2
    last = failed.stderr.splitlines()[-1]
    assert last == (
        f"Error: Fold 2 of 2: {damaged / 'job.json'} is damaged; remove {damaged} and train again."
    )
    assert "begins again" not in failed.stderr
    assert not processes("_attempt")
    shutil.rmtree(damaged)
    succeed_alone(*arguments, cluster.address)
    assert_same(output, folded_here)


def test_a_search_and_a_comparison_have_the_results_of_one_machine(
    cluster, phantoms: Path, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.json"
    recipe = {
        "backbone": "tiny",
        "head": "average",
        "fine_tune": "all",
        "epochs": 2,
        "weights": "none",
        "preprocessing": {"image_size": 48},
    }
    plan.write_text(json.dumps({"recipe": recipe, "configurations": {"one": {}, "two": {"dropout": 0.3}}}))
    on_nodes = ["--cluster", cluster.address]
    for where, options in (("here", []), ("there", on_nodes)):
        succeed_alone(
            "search", phantoms, plan, "--output", tmp_path / where / "s.json", "--folds", 2, *options
        )
        compared = ["compare", phantoms, "--output", tmp_path / where / "c.json", "--whole", *TRAININGS]
        succeed_alone(*compared, "--epochs", 2, *options)
    for name in ("s.json", "c.json"):
        assert_same_report(tmp_path / "here" / name, tmp_path / "there" / name)
    assert_same(tmp_path / "here" / "c-bundles", tmp_path / "there" / "c-bundles")
