"""What must be the same on each machine of a cluster: storage, program, libraries, data and weights."""

from __future__ import annotations

import hashlib
import platform
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import core
from core.bundle.manifest import WEIGHTS
from core.errors import UserError
from core.files import write_text
from core.recipe import WEIGHTS_BY_NAME
from core.work_folder import PROBE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from core.experiments.request import Prepared
    from core.progress import Progress

_READERS = 4  # threads that read files, as many as a network storage serves well
_CPU_BUILD = "tensorflow-cpu"


class MachineFacts(NamedTuple):
    """What a training finds on the machine where the command runs.

    Attributes:
        folder: folder of unfinished work.
        probe: content of the probe file in it.
        versions: Python, libraries and this program → version.
        files: files of the data and of the weights.
        digests: SHA-256 of the content of each.
        needs_gpu: whether each training is given a GPU.
    """

    folder: Path
    probe: str
    versions: Mapping[str, str]
    files: tuple[Path, ...]
    digests: tuple[bytes | None, ...]
    needs_gpu: bool = False


@contextmanager
def probe_in(folder: Path) -> Iterator[str]:
    """Keep a probe file in the folder of unfinished work while its tasks run, and yield its content."""
    folder.mkdir(parents=True, exist_ok=True)
    path, content = folder / PROBE, secrets.token_hex(16)
    write_text(path, content)
    try:
        yield content
    finally:
        for left in folder.glob(f"{PROBE}*"):
            left.unlink(missing_ok=True)
        if not any(folder.iterdir()):  # nothing to resume
            folder.rmdir()


def files_of_training(prepared: Prepared) -> list[Path]:
    """Return the files that a training reads: those of the data and of the starting weights.

    Args:
        prepared: images and starting weights, with absolute paths.
    """
    return [*map(prepared.folders.path, prepared.index["file"]), *_weights(prepared)]


def find_facts(
    files: Sequence[Path], folder: Path, probe: str, progress: Progress, *, needs_gpu: bool = False
) -> MachineFacts:
    """Return the facts of this machine; every file is read.

    Args:
        files: files that all machines must have alike.
        folder: folder of unfinished work.
        probe: content of the probe file.
        progress: function that reports each step.
        needs_gpu: whether each training is given a GPU.
    """
    digests = []
    with ThreadPoolExecutor(_READERS) as readers:
        for done, digest in enumerate(readers.map(_digest, files), start=1):
            digests.append(digest)
            progress("Hashing the data for the other machines", done, len(files))
    return MachineFacts(folder, probe, find_versions(), tuple(files), tuple(digests), needs_gpu)


def find_versions() -> dict[str, str]:
    """Return the versions of what results depend on, and a hash of this program."""
    found = {"Python": platform.python_version()}
    for name, packages in (
        ("TensorFlow", ("tensorflow", _CPU_BUILD)),
        ("Keras", ("keras",)),
        ("NumPy", ("numpy",)),
        ("ONNX Runtime", ("onnxruntime",)),
    ):
        found[name] = next(filter(None, map(_version, packages)), "none")
    return found | {"this program": _program()}


def check_machine(facts: MachineFacts, name: str, node_id: str) -> None:
    """Refuse the machine on which this is called where it differs from the one that has the facts.

    It answers the probe file with a file of its own, named after it, so that the other machine can see
    whether it writes to the same storage.

    Args:
        facts: facts of the machine where the command runs.
        name: name of this machine for the user.
        node_id: id of this machine's node.

    Raises:
        UserError: they differ; the sentence names this machine.
    """
    _check_versions(facts, name)
    if facts.needs_gpu and _version(_CPU_BUILD) is not None:
        raise UserError(
            f"{name} has {_CPU_BUILD}, which uses no GPU; install TensorFlow's build for GPUs there (see "
            "docs/TRAINING.md), or leave GPU out of --resources."
        )
    _check_storage(facts, name, node_id)
    with ThreadPoolExecutor(_READERS) as readers:
        for path, before, now in zip(
            facts.files, facts.digests, readers.map(_digest, facts.files), strict=True
        ):
            if now is None:
                raise UserError(
                    f"{name} cannot read {path}; put the data and the weights on storage that all machines "
                    "see (XDG_CACHE_HOME for what is unpacked or simulated)."
                )
            if now != before:
                raise UserError(
                    f"{path} is another file on {name}; put the data and the weights on storage that all "
                    "machines see."
                )


def how_to_install(facts: MachineFacts) -> str:
    """Return how a machine gets what it lacks."""
    text = "pip install -r requirements-cluster.txt there"
    return f"{text}, and then TensorFlow's build for GPUs (see docs/TRAINING.md)" if facts.needs_gpu else text


def answer_file(facts: MachineFacts, node_id: str) -> Path:
    """Return the path of the file with which the machine of a node answers the probe."""
    return facts.folder / f"{PROBE}-{node_id}"


def _check_versions(facts: MachineFacts, name: str) -> None:
    now = find_versions()
    for what, wanted in facts.versions.items():
        if now[what] != wanted and what == "this program":
            raise UserError(f"{name} has another version of this program; update it there.")
        if now[what] != wanted:
            raise UserError(
                f"{name} has {what} {now[what]}, and this machine has {wanted}; {how_to_install(facts)}."
            )


def _check_storage(facts: MachineFacts, name: str, node_id: str) -> None:
    try:
        seen = (facts.folder / PROBE).read_text(encoding="utf-8") == facts.probe
    except OSError:
        seen = False
    if not seen:
        raise UserError(
            f"{name} does not see {facts.folder}; choose an --output on storage that all machines see."
        )
    try:
        write_text(answer_file(facts, node_id), "")
    except OSError as error:
        raise UserError(
            f"{name} cannot write to {facts.folder} ({error.strerror}); choose an --output on storage to "
            "which all machines write."
        ) from None


def _weights(prepared: Prepared) -> Sequence[Path]:
    weights = prepared.weights
    if weights.bundle is not None:
        return (weights.bundle.folder / WEIGHTS,)
    return () if weights.base in WEIGHTS_BY_NAME else (Path(weights.base),)


def _digest(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _program() -> str:
    """Return a hash of the modules of ``core``."""
    folder = Path(core.__path__[0])
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
