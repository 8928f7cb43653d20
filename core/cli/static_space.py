"""``deploy --static``: the page of a published model as a static Space."""

from __future__ import annotations

from core.cli.console import console, errors
from core.errors import UserError


def deploy_static(space: str, model: str, *, examples: str | None, private: bool) -> None:
    """Publish the static page of a model, and say what was done.

    Args:
        space: ``user/space``.
        model: ``user/repo@revision``.
        examples: value of --examples, which a page has no use for.
        private: whether to create a private Space.

    Raises:
        UserError: the bundle may not be published as a page, or the Hub refuses.
    """
    from core.files import size_in_words
    from core.hub import static_space as hub
    from core.hub.pull import pull
    from core.site import refusals
    from core.site.classify import Origin
    from core.site.content import content
    from core.site.files import size
    from core.site.runtime import runtime_files

    if examples is not None:
        raise UserError("--examples is for the app: a static page shows the test images of its own bundle.")
    shown = hub.model_to_show(space, model, private=private)
    errors.print(f"The page will show {shown}.")
    bundle = refusals.check(pull(str(shown)).folder)
    page = content(bundle, Origin(shown.name, str(shown.revision)), runtime_files(say=errors.print))
    deployed = hub.publish(space, shown, page, private=private, progress=errors.print)
    state = "Deployed" if deployed.changed else "The Space is already up to date"
    console.print(f"{state}: {deployed.url}")
    console.print(f"Model: {deployed.model}")
    console.print(
        f"Page: {len(page)} files, {size_in_words(size(page))}; images stay in the visitor's browser."
    )
