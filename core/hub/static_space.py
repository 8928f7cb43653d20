"""Deploy a page of files as a static Space of the Hub: one commit, whose files the Hub serves as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.hub.client import hub_api
from core.hub.commit import Content, commit, find_changes, head_commit, require_token
from core.hub.errors import HubError, translate_errors
from core.hub.repository import check_repository, published_repository
from core.hub.space import Deployed, check_kind, published_model

if TYPE_CHECKING:
    from core.hub.repository import Repository
    from core.progress import Say

_SDK = "static"
# Files in them that the page lacks are deleted: images of an earlier model may not be shown any more.
_FOLDERS = ("charts/", "examples/", "images/", "ort/", "plotly/")


def model_to_show(
    space: str, model: str, *, private: bool = False, token: str | None = None, endpoint: str | None = None
) -> Repository:
    """Return a model at its commit, after everything was checked that can be before its files are fetched.

    Args:
        space: ``user/space``.
        model: ``user/repo@revision``; a tag or branch is resolved to its commit.
        private: whether the Space is to be private.
        token: access token; by default HF_TOKEN or the stored one.
        endpoint: address of the Hub; by default HF_ENDPOINT or huggingface.co.

    Raises:
        UserError: a name or token is missing, or the model is a local folder.
        HubError: the model is not a bundle, or not everybody may read it and the Space would be public; the
            Space exists and is of another kind; the Hub refuses or cannot be reached.
    """
    repository = check_repository(space, "space")
    shown = published_repository(model)
    api = hub_api(token, endpoint)
    require_token(api, repository)
    published = published_model(api, shown)
    if (published.private or published.gated) and not private:
        state = "private" if published.private else "gated"
        raise HubError(
            f"{shown} is {state}, and the page gives the network to everyone who opens it: add --private "
            "for a private Space."
        )
    with translate_errors(repository, api):
        if api.repo_exists(repository.name, repo_type=repository.kind):
            check_kind(api, repository, _SDK)
    return published.repository


def publish(
    space: str,
    model: Repository,
    page: Content,
    *,
    private: bool = False,
    token: str | None = None,
    endpoint: str | None = None,
    progress: Say | None = None,
) -> Deployed:
    """Create or update a static Space.

    Until the commit the Space stays as it was. A repeated deployment changes nothing. Files beside the page
    stay.

    Args:
        space: ``user/space``; created if it does not exist.
        model: the model that the page shows, from ``model_to_show``.
        page: all files of the page, its README among them.
        private: whether to create it private; refused where it exists and is public.
        token: access token; by default HF_TOKEN or the stored one.
        endpoint: address of the Hub; by default HF_ENDPOINT or huggingface.co.
        progress: function of a sentence, called before each step.

    Raises:
        HubError: the Space is of another kind; the Hub refuses, cannot be reached, or has other content
            afterwards.
    """
    say = progress or (lambda _: None)
    repository = check_repository(space, "space")
    api = hub_api(token, endpoint)
    with translate_errors(repository, api, writing=True):
        newest = head_commit(api, repository, private=private, space_sdk=_SDK)
        check_kind(api, repository, _SDK)
        changes = find_changes(api, repository, newest, page, lambda path: path.startswith(_FOLDERS))
        commit(api, repository, changes, page, f"Show {model}", say)
    return Deployed(f"{api.endpoint}/{repository.page}", str(model), None, bool(changes), ())
