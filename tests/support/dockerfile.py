"""A Dockerfile's steps without an engine: what a build would copy, and each RUN in a clean environment.

Good for Dockerfiles like ours: one stage, one WORKDIR, and the commands pip, python and streamlit.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile in order, each with its arguments."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [
        (line.split()[0].upper(), line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()
    ]


def context(folder: Path) -> list[str]:
    """Return the files that ``COPY . .`` takes: the last rule of .dockerignore that fits decides."""
    rules = [
        line
        for line in (folder / ".dockerignore").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]

    def fits(path: str, rule: str) -> bool:
        parts = path.split("/")
        parents = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        if rule.startswith("**/"):
            return any(fnmatch.fnmatch(part, rule[3:]) for part in parts)
        # Docker's star does not reach over a slash.
        return any(
            rule.count("/") == parent.count("/") and fnmatch.fnmatch(parent, rule) for parent in parents
        )

    def taken(path: str) -> bool:
        verdict = True
        for rule in rules:
            if fits(path, rule.removeprefix("!")):
                verdict = rule.startswith("!")
        return verdict

    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return [file for file in files if not file.startswith((".git/", ".venv/")) and taken(file)]


@dataclass
class Container:
    """What an image is here: a new virtual environment, a copy of the context, a home, all in one folder."""

    folder: Path
    source: Path
    arguments: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    # Numeric; None while the build is root.
    user: int | None = None
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def build(self, **arguments: str) -> None:
        """Carry out the steps, as the user whom the Dockerfile names where this process may."""
        for room in ("app", "home"):
            (self.folder / room).mkdir()
        subprocess.run([_interpreter(self.folder), "-m", "venv", self.folder / "venv"], check=True)
        self.environment = {
            "PATH": f"{self.folder / 'venv' / 'bin'}:/usr/bin:/bin",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "LD_LIBRARY_PATH": str(self.folder / "python" / "lib"),
        }
        # Where packages and the Hub of a test are found on this machine; nothing else is handed on.
        handed_on = ("PIP_", "SSL_", "HF_ENDPOINT", "HF_HUB_DISABLE_XET")
        self.environment |= {name: v for name, v in os.environ.items() if name.startswith(handed_on)}
        for name, text in instructions(self.source / "Dockerfile"):
            getattr(self, f"_{name.lower()}")(text, arguments)

    def run(self, command: list[str], **options: Any) -> subprocess.Popen[str]:
        """Start a command as the container would."""
        if self.user is not None and os.geteuid() == 0:
            options |= {"user": self.user, "group": self.user, "extra_groups": []}
        return subprocess.Popen(command, cwd=self.folder / "app", env=self.environment, text=True, **options)

    def size(self) -> int:
        """Return the bytes of all that was installed and copied."""
        return sum(
            path.stat().st_size
            for room in ("venv", "app")
            for path in (self.folder / room).rglob("*")
            if path.is_file() and not path.is_symlink()
        )

    def _from(self, text: str, _: dict[str, str]) -> None:
        assert text.startswith("python:3.")
        assert text.endswith("-slim")

    def _workdir(self, text: str, _: dict[str, str]) -> None:
        assert text == "/app"

    def _copy(self, text: str, _: dict[str, str]) -> None:
        what, where = text.split()
        assert where == "."
        for file in context(self.source) if what == "." else [what]:
            target = self.folder / "app" / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.source / file, target)

    def _user(self, text: str, _: dict[str, str]) -> None:
        self.user = int(text)
        os.chown(self.folder / "home", self.user, self.user) if os.geteuid() == 0 else None
        # Owned by root, as in the image: nobody writes there from now on.
        for path in [self.folder / "app", *(self.folder / "app").rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)

    def _arg(self, text: str, given: dict[str, str]) -> None:
        name, _, default = text.partition("=")
        self.arguments[name] = given.get(name, default.strip('"'))

    def _env(self, text: str, _: dict[str, str]) -> None:
        for word in shlex.split(text):
            name, _, value = word.partition("=")
            known = re.fullmatch(r"\$(\w+)", value)
            value = self.arguments[known[1]] if known else value
            self.environment[name] = str(self.folder / "home") if value == "/home/user" else value

    def _run(self, text: str, _: dict[str, str]) -> None:
        command = [word for word in shlex.split(text) if not word.startswith("--mount=")]
        if command[0] == "useradd":
            assert command[command.index("--uid") + 1] == "1000"
            return
        process = self.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output, _ = process.communicate()
        assert process.returncode == 0, output

    def _expose(self, text: str, _: dict[str, str]) -> None:
        assert text == "8501"

    def _healthcheck(self, text: str, _: dict[str, str]) -> None:
        self.health = json.loads(text.partition("CMD ")[2])

    def _cmd(self, text: str, _: dict[str, str]) -> None:
        self.command = json.loads(text)


def _interpreter(folder: Path) -> Path:
    """Return a Python that any user may run: this one, or a copy where it lies in somebody's home."""
    base = Path(sys.base_prefix)
    if all(parent.stat().st_mode & 0o001 for parent in (base, *base.parents)):
        return Path(sys.executable)
    left_out = shutil.ignore_patterns("site-packages", "test", "__pycache__", "*.a")
    shutil.copytree(base, folder / "python", symlinks=True, ignore=left_out)
    return folder / "python" / "bin" / f"python3.{sys.version_info.minor}"


def lines_until(stream: IO[str], mark: str) -> str:
    """Read what a process says until a line has the mark in it."""
    said = ""
    for line in stream:
        said += line
        if mark in line:
            return said
    raise RuntimeError(f"it ended first:\n{said}")
