"""Deploy the app as a Space of the Hub: one commit of this program, and variables that name what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from huggingface_hub import RepoCard

from core.bundle.folder import read_manifest
from core.bundle.limitations import NOT_A_DEVICE
from core.bundle.manifest import CARD, MANIFEST, REQUIRED, TEST_IMAGES
from core.data.provenance import is_public
from core.hub.client import hub_api, remote_files
from core.hub.commit import Content, commit, find_changes, head_commit, require_token
from core.hub.errors import HubError, PlanNeededError, translate_errors
from core.hub.repository import Repository, check_repository, pinned_data_set, published_repository
from core.hub.snapshot import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from huggingface_hub import HfApi

    from core.progress import Say

PROGRAM = Path(__file__).parents[2]
VARIABLE = "MODEL"
EXAMPLES = "EXAMPLES"
_FILES = (
    "Dockerfile",
    ".dockerignore",
    "LICENSE",
    "requirements-app.txt",
    "streamlit_app.py",
    ".streamlit/config.toml",
    "docs/PAPER.md",
)
_SUFFIXES = (".css", ".html", ".js", ".json", ".py")
_SDK = "docker"
_FOLDERS = ("core", "pages", "models", "docs/results")


@dataclass(frozen=True)
class Deployed:
    """The result of a deployment.

    Attributes:
        url: address of the Space.
        model: ``user/repo@commit``, the value of its variable MODEL.
        changed: whether anything changed.
        examples: data set of the example images, the value of its variable EXAMPLES; None where none was
            given.
        needs_secret: what is private or gated, so that the Space needs a token to read it.
    """

    url: str
    model: str
    examples: str | None
    changed: bool
    needs_secret: tuple[str, ...]


class PublishedModel(NamedTuple):
    """A model on the Hub at its commit.

    Attributes:
        repository: its repository and commit.
        private: whether only its owner may read it.
        gated: whether its owner decides who may read it.
    """

    repository: Repository
    private: bool
    gated: bool


def deploy(
    space: str,
    model: str,
    *,
    examples: str | None = None,
    private: bool = False,
    program: Path = PROGRAM,
    token: str | None = None,
    endpoint: str | None = None,
    progress: Say | None = None,
) -> Deployed:
    """Create or update a Space that shows a published model.

    The variables are set before the commit, because the build of the commit reads them. A repeated deployment
    adds what is missing and changes nothing else. Files that are not of this program stay.

    Args:
        space: ``user/space``; created if it does not exist.
        model: ``user/repo@revision``; a tag or branch is resolved to its commit once.
        examples: data set of example images, ``hf://datasets/user/name@commit``; None leaves the Space's
            variable as it is.
        private: whether to create it private; refused where it exists and is public.
        program: folder of this program.
        token: access token, not passed to the Space; by default HF_TOKEN or the stored one.
        endpoint: address of the Hub; by default HF_ENDPOINT or huggingface.co.
        progress: function of a sentence, called before each step.

    Raises:
        UserError: a name or token is missing, the model is a local folder, or the data set is not pinned.
        HubError: the model is not a bundle; there is no such data set; the Space is of another kind, such as
            a static page; the Hub refuses, cannot be reached, or has other content afterwards.
    """
    say = progress or (lambda _: None)
    repository = check_repository(space, "space")
    shown = published_repository(model)
    data_set = None if examples is None else pinned_data_set(examples)
    api = hub_api(token, endpoint)
    require_token(api, repository)
    published = published_model(api, shown)
    pinned = published.repository
    variables, closed = {VARIABLE: str(pinned)}, [str(pinned)] if published.private else []
    if data_set is not None:
        variables[EXAMPLES] = str(data_set)
        closed += [str(data_set)] if _is_closed(api, data_set) else []
    say(f"The Space will show {pinned}.")
    content = _content(program, pinned, f"{api.endpoint}/{pinned.page}", say)
    try:
        with translate_errors(repository, api, writing=True):
            newest = head_commit(
                api,
                repository,
                private=private,
                space_sdk=_SDK,
                space_variables=[{"key": key, "value": value} for key, value in variables.items()],
            )
    except PlanNeededError:
        raise PlanNeededError(
            f"{repository} requires a paid Hub plan, as every Docker Space: add --static for a page that is "
            "free, or use another account."
        ) from None
    with translate_errors(repository, api, writing=True):
        check_kind(api, repository, _SDK)
        changes = find_changes(api, repository, newest, content, _is_program_file)
        # Set before the commit, whose build reads it.
        before = {key: each.value for key, each in api.get_space_variables(repository.name).items()}
        new = {key: value for key, value in variables.items() if before.get(key) != value}
        for key, value in new.items():
            api.add_space_variable(repository.name, key, value)
        commit(api, repository, changes, content, f"Show {pinned}", say)
    return Deployed(
        f"{api.endpoint}/{repository.page}",
        str(pinned),
        variables.get(EXAMPLES),
        bool(changes) or bool(new),
        tuple(closed),
    )


def check_kind(api: HfApi, repository: Repository, sdk: str) -> None:
    """Refuse a Space that exists and is of another kind, which a commit would turn into something else."""
    found = api.space_info(repository.name).sdk
    if found not in (None, sdk):
        raise HubError(f"{repository} exists and is a Space of the kind {found}: give another name.")


def published_model(api: HfApi, model: Repository) -> PublishedModel:
    """Return a model at its commit, and who may read it.

    Raises:
        HubError: it is not a bundle; the Hub refuses or cannot be reached.
    """
    pinned = Repository(model.name, resolve(api, model))
    with translate_errors(model, api):
        files = remote_files(api, pinned.name, str(pinned.revision))
        info = api.model_info(pinned.name)
    missing = sorted({MANIFEST, *REQUIRED} - set(files))
    if missing:
        raise HubError(f"{model} is not a model bundle: it has no {missing[0]}; push a bundle there first.")
    return PublishedModel(pinned, bool(info.private), bool(info.gated))


def _is_closed(api: HfApi, data_set: Repository) -> bool:
    """Return whether a data set is private or gated.

    Raises:
        HubError: there is no such data set or commit.
    """
    with translate_errors(data_set, api):
        info = api.dataset_info(data_set.name, revision=data_set.revision)
    return bool(info.private or info.gated)


def _content(program: Path, pinned: Repository, page: str, say: Say) -> Content:
    """Return the content of the Space, by path: the program, its embedded bundles and its card."""
    content: Content = {name: program / name for name in _FILES}
    for folder in _FOLDERS:
        for path in _files(program / folder, say):
            content[path.relative_to(program).as_posix()] = path
    content[CARD] = _card(program, pinned, page).encode()
    return content


def _files(folder: Path, say: Say) -> Iterator[Path]:
    if folder.name != "models":
        yield from sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES)
        return
    for manifest_file in sorted(folder.glob(f"*/{MANIFEST}")):
        manifest = read_manifest(manifest_file.parent)
        if not is_public(manifest.data):
            say(
                f"models/{manifest_file.parent.name} is left out: its images are neither simulated nor from "
                "a public data set. Publish it with push, which says what it discloses."
            )
            continue
        if not manifest.data.simulated:
            manifest = manifest.without([TEST_IMAGES])  # public, but not ours to redistribute
        names = [MANIFEST, CARD, *manifest.files]
        yield from (path for name in names if (path := manifest_file.parent / name).is_file())


def _card(program: Path, pinned: Repository, page: str) -> str:
    """Return the README of the Space: the front matter of the program's README, and the model shown."""
    data = RepoCard.load(program / CARD).data
    data.models = [pinned.name]
    return (
        f"---\n{data.to_yaml()}\n---\n\n"
        f"# {data.title}\n\n"
        f"This Space shows the model [{pinned.name}]({page}) at commit"
        f" `{pinned.revision}`: predictions for your own images, training curves and confusion"
        f" matrix. Uploads stay in your session and are deleted with it.\n\n{NOT_A_DEVICE}\n"
    )


def _is_program_file(path: str) -> bool:
    """Return whether a path belongs to the program, so that it is deleted once the program lacks it."""
    return path in _FILES or path.startswith(tuple(f"{folder}/" for folder in _FOLDERS))
