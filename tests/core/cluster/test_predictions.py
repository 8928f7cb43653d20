"""Predictions on the nodes of a cluster: the rows of one machine, whatever is lost on the way."""

from __future__ import annotations

import os
import re
import shutil
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from clips import animation, sweep
from command_line import call, run, start, succeed_alone
from PIL import Image
from processes import about, can_mount, family, wait_for
from ray_cluster import node_with_mounts, started_cluster
from visit import FIRST, MODELS, SECOND, png

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]
COMMAND = ("predict", MODELS / FIRST)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three parts of small images that differ."""
    folder = tmp_path_factory.mktemp("archive") / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    base = Image.fromarray(sweep(1)[0]).resize((80, 72))
    for number in range(40):
        pixels = np.clip(np.asarray(base) + rng.normal(0, 9, (72, 80)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{letters(number)}.png")
    for number in range(40, 2_400):
        os.link(folder / f"{letters(number % 40)}.png", folder / f"{letters(number)}.png")
    return folder


def letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:04d}")


@pytest.fixture(scope="module")
def predicted_here(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    output = tmp_path_factory.mktemp("here") / "rows.parquet"
    succeed_alone(*COMMAND, archive, "--output", output)
    return pd.read_parquet(output)


def finished_parts(output: Path) -> int:
    return len(list(output.with_name(f"{output.name}.partial").glob("part-*.parquet")))


def test_all_kinds_of_files_have_the_rows_of_one_machine(cluster, tmp_path: Path, upload) -> None:
    images = tmp_path / "images"
    images.mkdir()
    (images / "a.png").write_bytes(png(upload[1]))
    (images / "a_mask.png").write_bytes(png(np.where(upload[1] > 128, 255, 0).astype(np.uint8)))
    (images / "broken.png").write_bytes(b"no image")
    (images / "loop.gif").write_bytes(animation(sweep(40)))
    for number, frame in enumerate(sweep(6)):
        (images / f"f{number}.png").write_bytes(png(frame))
    here = call(*COMMAND, images, "--output", tmp_path / "here.csv")
    there = run(*COMMAND, images, "--output", tmp_path / "there.csv", "--cluster", cluster.address)
    assert (here.returncode, there.returncode) == (2, 2)
    assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()
    assert there.stdout.replace("there.csv", "here.csv") == here.stdout
    assert there.stderr.splitlines()[-1] == here.stderr.splitlines()[-1]
    assert not list(tmp_path.glob("*.partial"))


def test_one_cpu_is_enough_and_the_proxy_for_the_internet_is_not_asked(
    archive: Path, predicted_here: pd.DataFrame, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    output = tmp_path / "rows.parquet"
    with started_cluster(nodes=1) as cluster:
        process = start(*COMMAND, archive, "--output", output, "--cluster", cluster.address)
        try:
            _, errors = process.communicate(timeout=600)  # it would wait for a second CPU
        finally:
            process.kill()
    assert process.returncode == 0, errors
    pd.testing.assert_frame_equal(pd.read_parquet(output), predicted_here)


def test_a_node_is_lost_in_the_midst_and_no_row_changes(
    cluster, archive: Path, predicted_here: pd.DataFrame, tmp_path: Path
) -> None:
    output = tmp_path / "rows.parquet"
    process = start(*COMMAND, archive, "--output", output, "--cluster", cluster.address)
    wait_for(lambda: finished_parts(output) > 0, process)
    cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
    said, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "raylet" not in said + errors
    pd.testing.assert_frame_equal(pd.read_parquet(output), predicted_here)


@pytest.mark.skipif(not can_mount(), reason="no file systems of its own for a process")
def test_a_node_that_takes_the_place_of_a_lost_one_is_checked(archive: Path, tmp_path: Path) -> None:
    others = tmp_path / "others"
    others.mkdir()
    for number in range(2_400):
        os.link(archive / f"{letters((number + 1) % 40)}.png", others / f"{letters(number)}.png")
    output = tmp_path / "rows.parquet"
    with started_cluster(nodes=1) as cluster:
        process = start(*COMMAND, archive, "--output", output, "--cluster", cluster.address)
        wait_for(lambda: finished_parts(output) > 0, process)
        with node_with_mounts(cluster, f"--bind {others} {archive}"):
            cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
            _, errors = process.communicate()
    assert process.returncode == 2
    assert re.fullmatch(
        rf"Error: {archive}/aaaa\.png is another file on \S+ \(127\.0\.0\.1, node \w{{6}}\); put the data "
        r"and the weights on storage that all machines see\.",
        errors.splitlines()[-1],
    ), errors
    assert not output.exists()


def test_another_model_in_the_place_of_the_first_is_not_taken_for_it(archive: Path, tmp_path: Path) -> None:
    bundle, output = tmp_path / "model", tmp_path / "rows.parquet"
    shutil.copytree(MODELS / FIRST, bundle)
    with started_cluster(nodes=1) as cluster:
        process = start("predict", bundle, archive, "--output", output, "--cluster", cluster.address)
        wait_for(lambda: finished_parts(output) > 0, process)
        shutil.rmtree(bundle)
        shutil.copytree(MODELS / SECOND, bundle)
        titles = {number: about(number, "cmdline") for number in family(os.getpid())}
        (actor,) = (number for number, title in titles.items() if title.startswith(b"ray::MapWorker"))
        os.kill(actor, signal.SIGKILL)
        _, errors = process.communicate()
    assert process.returncode == 2
    last = f"Error: {bundle} holds another model than when the command began; begin again."
    assert errors.splitlines()[-1] == last, errors
    assert not output.exists()


def test_ctrl_c_ends_all_of_ray_and_one_machine_goes_on(
    archive: Path, predicted_here: pd.DataFrame, tmp_path: Path, monkeypatch
) -> None:
    output = tmp_path / "rows.parquet"
    with TemporaryDirectory() as temporary:  # with a path that is short enough for sockets
        monkeypatch.setenv("RAY_TMPDIR", temporary)
        process = start(*COMMAND, archive, "--output", output, "--cluster", "local")
        wait_for(lambda: finished_parts(output) > 0, process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
        assert process.returncode == 130
        assert errors.splitlines()[-1] == "Interrupted. Add --resume to continue."
        assert not list(Path(temporary).iterdir())  # else a thread that went on has begun another cluster
    succeed_alone(*COMMAND, archive, "--output", output, "--resume")
    pd.testing.assert_frame_equal(pd.read_parquet(output), predicted_here)


def test_the_head_dies_and_one_machine_goes_on(
    archive: Path, predicted_here: pd.DataFrame, tmp_path: Path
) -> None:
    output = tmp_path / "rows.parquet"
    with started_cluster(nodes=2) as cluster:
        process = start(*COMMAND, archive, "--output", output, "--cluster", cluster.address)
        wait_for(lambda: finished_parts(output) > 0, process)
        cluster.remove_node(cluster.head_node, allow_graceful=False)
        _, errors = process.communicate()
        assert process.returncode == 2, errors
        assert "the head of the Ray cluster does not answer any more" in errors.splitlines()[-1]
    assert finished_parts(output) > 0
    succeed_alone(*COMMAND, archive, "--output", output, "--resume")
    pd.testing.assert_frame_equal(pd.read_parquet(output), predicted_here)


@pytest.mark.skipif(not can_mount(), reason="no file systems of its own for a process")
def test_a_machine_that_does_not_see_the_images_is_named(cluster, archive: Path, tmp_path: Path) -> None:
    output = tmp_path / "rows.parquet"
    with node_with_mounts(cluster, f"-t tmpfs none {archive}"):
        failed = run(*COMMAND, archive, "--output", output, "--cluster", cluster.address)
    assert failed.returncode == 2
    last = failed.stderr.splitlines()[-1]
    assert f"cannot read {archive}/" in last
    assert "on storage that all machines see" in last
    assert not list(tmp_path.iterdir())
