"""Nodes that differ from the machine of the command, from the start and when they join later."""

import re
from pathlib import Path

import pytest
from command_line import run, start
from processes import can_mount, wait_for
from ray_cluster import FOLDED, needs_cpu_build, node_with_mounts, started_cluster

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("cluster"),
    pytest.mark.skipif(not can_mount(), reason="only root may give a node another file system"),
]
NODE = r"\S+ \(127\.0\.0\.1, node [0-9a-f]{6}\)"


def arguments(phantoms: Path, output: Path, address: str) -> list[object]:
    return ["cross-validate", phantoms, "--output", output, *FOLDED, "--cluster", address]


def test_a_node_that_does_not_see_the_folder_is_named_before_anything_starts(
    phantoms: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    with started_cluster(nodes=1) as cluster, node_with_mounts(cluster, f"-t tmpfs none {runs}"):
        refused = run(*arguments(phantoms, runs / "folded", cluster.address))
    assert refused.returncode == 2
    assert "Loading TensorFlow" not in refused.stderr
    *_, last = refused.stderr.splitlines()
    sentence = rf"Error: {NODE} does not see {runs}/folded\.partial; choose an --output on storage that all"
    assert re.match(sentence, last), last
    assert not list(runs.iterdir())


def test_another_image_on_a_node_is_named(phantoms: Path, tmp_path: Path) -> None:
    image = next(phantoms.rglob("benign (3).png"))
    other = tmp_path / "other.png"
    other.write_bytes(next(phantoms.rglob("benign (4).png")).read_bytes())
    with started_cluster(nodes=1) as cluster, node_with_mounts(cluster, f"--bind {other} '{image}'"):
        refused = run(*arguments(phantoms, tmp_path / "folded", cluster.address))
    assert refused.returncode == 2
    *_, last = refused.stderr.splitlines()
    assert re.match(rf"Error: {re.escape(str(image))} is another file on {NODE}; put the data", last), last
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.png"]


@needs_cpu_build
def test_a_gpu_without_tensorflows_build_for_it_is_refused(phantoms: Path, tmp_path: Path) -> None:
    with started_cluster(nodes=1, num_gpus=1) as cluster:
        given = arguments(phantoms, tmp_path / "folded", cluster.address)
        refused = run(*given, "--resources", "GPU=1")
    assert refused.returncode == 2
    *_, last = refused.stderr.splitlines()
    assert re.match(rf"Error: {NODE} has tensorflow-cpu, which uses no GPU; install TensorFlow's", last), last


def test_a_node_that_joins_later_is_checked_before_a_training_begins_on_it(
    phantoms: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    with started_cluster(nodes=1) as cluster:
        # The first fold lasts until the second has begun on the new node.
        process = start(*arguments(phantoms, runs / "folded", cluster.address), "--epochs", 2000)
        first = runs / "folded.partial" / "fold-1.partial" / "history.csv"
        wait_for(first.exists, process)
        assert not (runs / "folded.partial" / "fold-2.partial").exists()  # the node has one CPU
        with node_with_mounts(cluster, f"-t tmpfs none {runs}"):
            _, errors = process.communicate()
    assert process.returncode == 2
    *_, last = errors.splitlines()
    assert re.match(rf"Error: Fold 2 of 2: {NODE} does not see {runs}/folded\.partial; choose", last), last
    assert first.exists()  # to be resumed
