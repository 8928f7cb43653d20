import subprocess
import sys

import pytest
from bundles import make_bundle
from command_line import refuse
from paths import ROOT
from sites import runtime

from core.cli.export_site import export_site


def run(*arguments):
    return subprocess.run(
        [sys.executable, "train_cli.py", "export-site", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_it_writes_the_page_and_says_how_to_look_at_it(tmp_path):
    runtime()  # in the cache, or the test is skipped
    make_bundle(tmp_path / "secret patient name" / "bundle")
    done = run(tmp_path / "secret patient name" / "bundle", tmp_path / "my site")
    assert done.returncode == 0, done.stderr
    assert f"python -m http.server --bind 127.0.0.1 --directory '{tmp_path}/my site', then" in done.stdout
    assert "http://localhost:8000" in done.stdout
    assert "file names of training and validation images, such as" in " ".join(done.stderr.split())
    written = b"".join(path.read_bytes() for path in (tmp_path / "my site").rglob("*") if path.is_file())
    assert b"secret patient" not in written


def test_a_folder_that_exists_is_refused_before_anything_is_fetched(tmp_path, capsys):
    from core.errors import UserError

    make_bundle(tmp_path / "bundle")
    (tmp_path / "site").mkdir()
    with pytest.raises(UserError, match="exists already; choose another FOLDER"):
        export_site(str(tmp_path / "bundle"), tmp_path / "site")
    assert "Fetching" not in capsys.readouterr().err


@pytest.mark.parametrize("name", ["model.onnx", "history.csv", "test_set.parquet"])
def test_a_hostile_bundle_is_refused_before_anything_is_written(tmp_path, name):
    make_bundle(tmp_path / "theirs", fill=lambda folder: (folder / name).write_bytes(b"<script>"))
    error = refuse("export-site", tmp_path / "theirs", tmp_path / "site")
    assert name in error
    assert [path.name for path in tmp_path.iterdir()] == ["theirs"]


def test_a_licence_that_forbids_is_named(tmp_path):
    data = {"name": "clinic", "simulated": False, "patient_ids": True, "licence": "CC-BY-NC-ND-4.0"}
    make_bundle(tmp_path / "theirs", data=data)
    error = refuse("export-site", tmp_path / "theirs", tmp_path / "site")
    assert "the licence of clinic, 'CC-BY-NC-ND-4.0', forbids it" in error
    assert not (tmp_path / "site").exists()
