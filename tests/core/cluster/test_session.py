"""A cluster of this machine alone, and addresses that lead to none."""

import contextlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from command_line import TINY, run, start
from paths import ROOT
from processes import about, family, wait_for
from visit import FIRST, MODELS, png

pytestmark = pytest.mark.xdist_group("cluster")

SECRET = "hf_secretsecretsecretsecretsecretsecr"  # noqa: S105
LISTENS = "0A"
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F"}  # 127.0.0.1, and ::ffff:127.0.0.1
TRAINED = [*TINY, "--fine-tune", "all", "--epochs", 2, "--batch-size", 16, "--folds", 2]


def listening(processes: set[int]) -> set[str]:
    """The addresses at which processes listen, as Linux writes them."""
    sockets = set()
    for process in processes:
        for file in Path(f"/proc/{process}/fd").glob("*"):
            with contextlib.suppress(OSError):  # it is closed
                sockets.add(str(file.readlink()))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == LISTENS and f"socket:[{inode}]" in sockets:
                found.add(local.partition(":")[0])
    return found


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder with a path that is short enough for sockets."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_a_cluster_of_this_machine_listens_on_loopback_tells_nothing_and_leaves_nothing(
    phantoms: Path, tmp_path: Path, temporary: Path, monkeypatch
) -> None:
    for name in ("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "RAY_USAGE_STATS_ENABLED"):  # set by the tests
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("RAY_TMPDIR", str(temporary))
    monkeypatch.setenv("HF_TOKEN", SECRET)
    data = tmp_path / "Müller, Anna"
    data.symlink_to(phantoms)
    output = tmp_path / "run"
    process = start("cross-validate", data, "--output", output, *TRAINED, "--cluster", "local")
    wait_for((tmp_path / "run.partial" / "fold-2").exists, process)
    processes = set(family(process.pid))
    addresses = listening(processes)
    # The title of a worker process takes the place of its environment, which is that of its parent.
    environments = [
        environment.split(b"\0")
        for number in processes - {process.pid}
        if not about(number, "cmdline").startswith(b"ray::") and (environment := about(number, "environ"))
    ]
    assert len(environments) > 1
    assert all(b"RAY_USAGE_STATS_ENABLED=0" in environment for environment in environments)
    files = [path for path in temporary.rglob("*") if path.is_file() and "logs" in path.parts]
    assert len(files) > 10
    logs = "".join(path.read_text(errors="replace") for path in files)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert addresses == LOOPBACK
    assert "core.cluster" in logs
    for text in (SECRET, "Müller", "benign (", "_mask"):
        assert text not in logs, text
    assert not list(temporary.iterdir())
    assert not (home / ".ray").exists()  # where Ray keeps a token, with which ray start would want one
    assert {path.name for path in output.iterdir()} == {
        *("fold-1", "fold-2", "out_of_fold.parquet", "cross_validation.json")
    }
    assert not output.with_name("run.partial").exists()
    # Every line is ours, and each training has its own.
    assert not re.search(r"ray|raylet|WARNING|\[20\d\d-", errors)
    for fold in (1, 2):
        assert re.search(
            rf"(?m)^Fold {fold} of 2: Epoch 1/2: accuracy .* \(\d/\d\), 0:\d\d:\d\d left$", errors
        )
        assert f"Fold {fold} of 2 is finished." in errors


def test_a_task_that_fits_nowhere_is_refused_before_the_images_are_read(
    phantoms: Path, tmp_path: Path
) -> None:
    arguments = ["cross-validate", phantoms, "--output", tmp_path / "x", *TRAINED, "--cluster", "local"]
    refused = run(*arguments, "--resources", "CPU=1000")
    (line,) = refused.stderr.splitlines()
    assert line.startswith(
        "Error: no machine of the cluster has CPU=1000 for a task: the most that one has is"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_where_no_cluster_answers_one_sentence_says_so(phantoms: Path, tmp_path: Path) -> None:
    with socket.socket() as silent, HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        threading.Thread(target=other.serve_forever, daemon=True).start()
        closed = 1
        for port in (closed, silent.getsockname()[1], other.server_port):
            arguments = ["cross-validate", phantoms, "--output", tmp_path / "x", *TRAINED]
            refused = run(*arguments, "--cluster", f"127.0.0.1:{port}")
            assert refused.returncode == 2
            assert refused.stderr == (
                f"Error: no Ray cluster answers at 127.0.0.1:{port}; start one with ray start, give the "
                "address of its head, or --cluster local.\n"
            )
        other.shutdown()
    assert not list(tmp_path.iterdir())


def test_where_ray_does_not_start_one_sentence_says_so(tmp_path: Path, upload, monkeypatch) -> None:
    monkeypatch.setenv("RAY_GCS_SERVER_PORT", "any")
    (tmp_path / "a.png").write_bytes(png(upload[1]))
    output = tmp_path / "rows.csv"
    refused = run("predict", MODELS / FIRST, tmp_path / "a.png", "--output", output, "--cluster", "local")
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert line.startswith("Error: Ray does not start on this machine (invalid literal for int()")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.slow
def test_a_long_name_of_the_temporary_folder_and_another_cluster_stop_nobody(
    tmp_path: Path, upload, monkeypatch
) -> None:
    temporary = tmp_path / "a-folder-of-a-batch-job-with-a-long-name"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    (tmp_path / "a.png").write_bytes(png(upload[1]))
    output = tmp_path / "rows.csv"
    finished = run("predict", MODELS / FIRST, tmp_path / "a.png", "--output", output, "--cluster", "local")
    assert finished.returncode == 0, finished.stderr
    assert output.exists()


@pytest.mark.slow
def test_modules_in_the_folder_where_the_user_is_are_not_taken_for_ours(tmp_path: Path, upload) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").touch()
    (tmp_path / "numpy.py").touch()
    (tmp_path / "a.png").write_bytes(png(upload[1]))
    options = ["predict", MODELS / FIRST, "a.png", "--output", "rows.csv", "--cluster", "local"]
    command = [sys.executable, ROOT / "train_cli.py", *options]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "rows.csv").read_text().splitlines()[1].startswith("a.png,,")
