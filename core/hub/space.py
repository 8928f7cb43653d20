"""The app as a Space of the Hub: one commit of this program, and the model that it shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from huggingface_hub import RepoCard

from core.bundle.card import NOT_A_DEVICE
from core.bundle.folder import read_manifest
from core.bundle.manifest import CARD, MANIFEST, REQUIRED, TEST_IMAGES
from core.data.provenance import is_public
from core.errors import UserError
from core.hub.client import hub_api, remote_files
from core.hub.commit import Content, commit, difference, head, need_token
from core.hub.errors import HubError, translate_errors
from core.hub.repository import ModelName, Repository, check_repository
from core.hub.snapshot import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from huggingface_hub import HfApi

PROGRAM = Path(__file__).parents[2]
VARIABLE = "MODEL"
_FILES = (
    "Dockerfile",
    ".dockerignore",
    "LICENSE",
    "requirements-app.txt",
    "streamlit_app.py",
    ".streamlit/config.toml",
)
_FOLDERS = ("core", "pages", "models", "docs/results")


@dataclass(frozen=True)
class Deployed:
    """What the Space holds now.

    Attributes:
        url: of its page.
        model: ``user/repo@commit``, what its variable MODEL says.
        changed: False if all was so before.
        needs_secret: whether the model is private, so that the Space needs a token to read it.
    """

    url: str
    model: str
    changed: bool
    needs_secret: bool


def deploy(
    space: str,
    model: str,
    *,
    private: bool = False,
    program: Path = PROGRAM,
    token: str | None = None,
    endpoint: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Deployed:
    """Create or update a Space that shows a published model.

    The variable is set before the commit, whose build reads it. Doing the same again adds what is missing and
    changes nothing otherwise. Foreign files stay.

    Args:
        space: ``user/space``; created if it does not exist.
        model: ``user/repo@revision``; a tag or branch is resolved to its commit, once.
        private: create it private; refused where it exists and is public.
        program: the folder of this program.
        token: default: HF_TOKEN, or what the user has stored. It is not given to the Space.
        endpoint: default: HF_ENDPOINT, or the Hub's own address.
        progress: called with a sentence before each step.

    Raises:
        UserError: a name or token is missing, or the model is a local folder.
        HubError: the model is no bundle; the Hub refused, cannot be reached, or holds something else now.
    """
    say = progress or (lambda _: None)
    repository = check_repository(space, "space")
    shown = ModelName.parse(model).repository
    if shown is None:
        raise UserError(f"{model} is a folder, which a Space cannot see: push it first, and name USER/REPO.")
    api = hub_api(token, endpoint)
    need_token(api, repository)
    pinned, needs_secret = _pinned(api, shown)
    say(f"The Space will show {pinned}.")
    content = _content(program, pinned, say)
    with translate_errors(repository, api, writing=True):
        newest = head(
            api,
            repository,
            private=private,
            space_sdk="docker",
            space_variables=[{"key": VARIABLE, "value": str(pinned)}],
        )
        change = difference(api, repository, newest, content, _is_ours)
        # As it is when the commit's build begins.
        variables = api.get_space_variables(repository.name)
        is_set = VARIABLE in variables and variables[VARIABLE].value == str(pinned)
        if not is_set:
            api.add_space_variable(repository.name, VARIABLE, str(pinned))
        commit(api, repository, change, content, f"Show {pinned}", say)
    return Deployed(
        f"{api.endpoint}/{repository.page}", str(pinned), bool(change) or not is_set, needs_secret
    )


def _pinned(api: HfApi, model: Repository) -> tuple[Repository, bool]:
    """Return the model at its commit, and whether it is private."""
    pinned = Repository(model.name, resolve(api, model))
    with translate_errors(model, api):
        files = remote_files(api, pinned.name, str(pinned.revision))
        is_private = bool(api.model_info(pinned.name).private)
    missing = sorted({MANIFEST, *REQUIRED} - set(files))
    if missing:
        raise HubError(f"{model} is no model bundle: it has no {missing[0]}; push one there first.")
    return pinned, is_private


def _content(program: Path, pinned: Repository, say: Callable[[str], None]) -> Content:
    """Return what is to lie in the Space, by path: the program without what it needs for training's sake."""
    content: Content = {name: program / name for name in _FILES}
    for folder in _FOLDERS:
        for path in _files(program / folder, say):
            content[path.relative_to(program).as_posix()] = path
    content[CARD] = _card(program, pinned).encode()
    return content


def _files(folder: Path, say: Callable[[str], None]) -> Iterator[Path]:
    if folder.name != "models":
        yield from sorted([*folder.rglob("*.py"), *folder.rglob("*.json")])
        return
    for manifest_file in sorted(folder.glob(f"*/{MANIFEST}")):
        manifest = read_manifest(manifest_file.parent)
        if not is_public(manifest.data):
            say(
                f"models/{manifest_file.parent.name} is left out: its images are neither simulated nor "
                "BUSI's. Publish it with push, which says what it makes known."
            )
            continue
        if not manifest.data.simulated:
            manifest = manifest.without([TEST_IMAGES])  # known to everybody, and still not ours to give away
        names = [MANIFEST, CARD, *manifest.files]
        yield from (path for name in names if (path := manifest_file.parent / name).is_file())


def _card(program: Path, pinned: Repository) -> str:
    """Return the Space's README: the front matter of the program's own, and what is shown."""
    data = RepoCard.load(program / CARD).data
    data.models = [pinned.name]
    return (
        f"---\n{data.to_yaml()}\n---\n\n"
        f"# {data.title}\n\n"
        f"This Space shows the model [{pinned.name}](https://huggingface.co/{pinned.name}) at commit"
        f" `{pinned.revision}`: its probabilities on images of your own, its training curves and its"
        f" confusion matrix. Uploads stay in your session and end with it.\n\n{NOT_A_DEVICE}\n"
    )


def _is_ours(path: str) -> bool:
    """Tell whether a file that the program no longer has is to go."""
    return path in _FILES or path.startswith(tuple(f"{folder}/" for folder in _FOLDERS))
