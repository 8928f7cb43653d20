"""uv.lock: what the requirements files are written from, and what runs the app without TensorFlow."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.request import urlopen

import pytest
from dockerfile import lines_until
from paths import ROOT

UV = Path(sys.executable).with_name("uv")
LOCK = tomllib.loads((ROOT / "uv.lock").read_text())
REQUIREMENTS = sorted(path.name for path in ROOT.glob("requirements*.txt"))
TRAINING = {"tensorflow", "tensorflow-cpu", "keras", "tf2onnx", "scikit-learn", "typer"}


def pins(name: str) -> dict[str, set[str]]:
    """The versions that a requirements file names, by package; several where they depend on the Python."""
    found: dict[str, set[str]] = {}
    for package, version in re.findall(r"(?m)^([\w.-]+)==([^ \n]+)", (ROOT / name).read_text()):
        found.setdefault(package, set()).add(version)
    return found


def test_make_lock_writes_the_files_that_are_there(tmp_path) -> None:
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, tmp_path)
    # As old as it says: this is about the files, not about what is installed here.
    command = ["make", "lock", f"VENV={sys.prefix}", "-o", f"{sys.prefix}/.dev"]
    environment = os.environ | {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "cache")}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert sorted(path.name for path in tmp_path.glob("requirements*.txt")) == REQUIREMENTS
    for name in ("uv.lock", *REQUIREMENTS):
        assert (tmp_path / name).read_text() == (ROOT / name).read_text(), f"{name}: run make lock"


def test_every_file_of_a_package_is_known_by_its_hash() -> None:
    (own,) = [package for package in LOCK["package"] if "virtual" in package["source"]]
    assert own["name"] == "breast-ultrasound"
    for package in LOCK["package"]:
        if package == own:
            continue
        assert package["source"] == {"registry": "https://pypi.org/simple"}
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        assert files
        assert all(file["hash"].startswith("sha256:") for file in files), package["name"]


def test_the_requirements_name_versions_of_the_lock_and_no_package_twice() -> None:
    locked: dict[str, set[str]] = {}
    for package in LOCK["package"]:
        locked.setdefault(package["name"], set()).add(package["version"])
    assert REQUIREMENTS[0] == "requirements-app.txt"
    app, *others = map(pins, REQUIREMENTS)
    for other in others:
        assert not app.keys() & other.keys()
    for found in (app, *others):
        assert found.items() <= locked.items()
    assert not TRAINING & app.keys()
    assert "-r requirements-app.txt" in (ROOT / "requirements.txt").read_text().splitlines()[:2]


def test_training_takes_the_cpu_build_of_tensorflow_on_linux() -> None:
    requirements = (ROOT / "requirements.txt").read_text()
    assert re.search(
        r"(?m)^tensorflow-cpu==\S+ ; platform_machine == 'x86_64' and sys_platform == 'linux'$", requirements
    )
    assert re.search(
        r"(?m)^tensorflow==\S+ ; platform_machine != 'x86_64' or sys_platform != 'linux'$", requirements
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files of the repository, and nothing that was installed or made beside them."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/screenshot")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.slow  # half a minute, and from an empty cache 260 MB from the package index
def test_uv_installs_the_app_alone_and_starts_it(clone) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
        "STREAMLIT_SERVER_PORT": str(port),
    }
    environment.pop("VIRTUAL_ENV", None)
    subprocess.run([UV, "sync", "--frozen", "-q"], cwd=clone, env=environment, check=True)
    (packages,) = clone.glob(".venv/lib/python3*/site-packages")
    installed = {path.name.partition("-")[0].replace("_", "-") for path in packages.glob("*.dist-info")}
    assert "streamlit" in installed
    assert not (TRAINING | {"pytest", "uv", "ruff"}) & installed
    server = subprocess.Popen(
        [UV, "run", "streamlit", "run", "streamlit_app.py"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        lines_until(server.stdout, "URL:")
        with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=60) as answer:
            assert answer.read() == b"ok"
    finally:
        server.terminate()
        server.communicate()
    # It resolved nothing anew.
    assert (clone / "uv.lock").read_bytes() == (ROOT / "uv.lock").read_bytes()
