"""The image of the app: its Dockerfile, and its steps as an unprivileged user in a clean environment."""

import re
import shutil
import socket
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest
from browser import CHROMIUM, chromium, visitor
from dockerfile import Container, context, instructions, lines_until
from huggingface_hub import RepoCard
from paths import ROOT
from playwright.sync_api import expect
from visit import png

from core.hub.push import push

HADOLINT = Path(sys.executable).with_name("hadolint")
DEPLOY = (ROOT / "docs" / "DEPLOY.md").read_text()


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint has no wheel for this machine")
def test_hadolint_finds_nothing() -> None:
    run = subprocess.run([HADOLINT, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "")


def test_the_build_takes_the_app_and_nothing_else(tmp_path) -> None:
    copy = shutil.copytree(
        ROOT, tmp_path / "copy", ignore=shutil.ignore_patterns(".git", ".venv", ".*_cache", "runs")
    )
    for secret in (".streamlit/secrets.toml", ".env", "data/benign/1.png", "core/__pycache__/x.pyc"):
        (copy / secret).parent.mkdir(parents=True, exist_ok=True)
        (copy / secret).write_text("mine")
    files = set(context(copy))
    assert {"streamlit_app.py", "requirements-app.txt", ".streamlit/config.toml"} < files
    assert {"core/hub/__init__.py", "pages/components/shared/layout.py", "models/phantom/model.onnx"} < files
    tops = {file.split("/")[0] for file in files}
    assert tops == {
        *("streamlit_app.py", "requirements-app.txt", ".streamlit", "core", "pages", "models", "LICENSE"),
        "docs",
    }
    # Two pages show what was measured, and one what is known about the paper.
    assert {file for file in files if file.startswith("docs/")} == {"docs/PAPER.md"} | {
        f"docs/results/{path.name}" for path in (ROOT / "docs" / "results").glob("*.json")
    }
    assert not [file for file in files if file.endswith(("secrets.toml", ".pyc"))]


def test_image_checks_requirements_and_documentation_name_one_python() -> None:
    ((_, image),) = [line for line in instructions(ROOT / "Dockerfile") if line[0] == "FROM"]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    checked = settings["tool"]["mypy"]["python_version"]
    assert image == f"python:{checked}-slim"
    (newest,) = re.findall(r"<= \(3, (\d+)\)", (ROOT / "Makefile").read_text())
    assert settings["project"]["requires-python"] == f">={checked},<3.{int(newest) + 1}"
    # A Space has no other Python than the image's.
    assert RepoCard.load(ROOT / "README.md").data.sdk == "docker"
    for page in ("README.md", "docs/DEPLOY.md", "docs/CONFIGURATION.md"):
        assert f"Python {checked}, with which every test runs" in (ROOT / page).read_text()


@pytest.fixture
def room():
    """A folder that any user may enter; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
def test_the_steps_of_the_dockerfile(hub, bundle, upload, room) -> None:
    commit = push(bundle, "ann/tiny", token=hub.tokens["write"]).commit
    container = Container(room, ROOT)
    # The Hub of this test is known by the environment alone; the real one needs none.
    container.build(MODEL=f"ann/tiny@{commit}")
    assert container.user == 1000
    installed = {path.name for path in room.glob("venv/lib/python3*/site-packages/*")}
    assert "streamlit" in installed
    assert not {"tensorflow", "keras", "sklearn", "pytest"} & installed

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Two things differ from the image, which has the machine for itself: the port, and who may come in.
    changes = {
        "--server.port=8501": f"--server.port={port}",
        "--server.address=0.0.0.0": "--server.address=127.0.0.1",
    }
    command = [changes.get(word, word) for word in container.command]
    assert set(changes) < set(container.command)
    hub.log.clear()
    server = container.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        lines_until(server.stdout, "URL:")
        health = [word.replace(":8501", f":{port}") for word in container.health]
        assert container.run(health).wait() == 0
        with chromium() as browser, visitor(browser) as page:
            page.goto(f"http://127.0.0.1:{port}/classify")
            page.get_by_role("button", name=re.compile("Details|warning")).click()
            expect(page.get_by_text(f"Model ann/tiny@{commit} · commit {commit[:7]}")).to_be_visible()
            page.keyboard.press("Escape")
            image = {"name": upload[0], "mimeType": "image/png", "buffer": png(upload[1])}
            page.locator("input[type=file]").set_input_files(image)
            expect(page.get_by_role("heading", name="Predicted class")).to_be_visible()
        # The model came while the image was built; serving it asks the Hub nothing.
        assert not hub.log
        write = ["python", "-c", "open('core/hub/pull.py', 'a')"]
        assert container.run(write, stderr=subprocess.DEVNULL).wait() == 1
    finally:
        server.terminate()
        server.communicate()
    (stated,) = re.findall(r"The image adds about ([\d,]+) MB to", DEPLOY)
    assert container.size() / 1e6 == pytest.approx(float(stated.replace(",", "")), rel=0.1)


def _engine() -> bool:
    docker = shutil.which("docker")
    return (
        docker is not None
        and not subprocess.run([docker, "info"], capture_output=True, check=False).returncode
    )


@pytest.mark.slow
@pytest.mark.skipif(not _engine(), reason="no Docker engine answers here")
def test_docker_builds_the_image() -> None:
    subprocess.run(["docker", "build", "-t", "breast-ultrasound-test", "."], cwd=ROOT, check=True)
