"""Commands for the Hugging Face Hub: ``push``, ``pull`` and ``deploy``."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.console import console, errors


def push(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Bundle folder.")],
    repo: Annotated[
        str, typer.Argument(metavar="USER/REPO", help="Model repository to create or to update.")
    ],
    private: Annotated[bool, typer.Option("--private", help="Create a private repository.")] = False,
    tag: Annotated[str | None, typer.Option(help="Tag of this version, such as v1.")] = None,
    include_test_images: Annotated[
        bool,
        typer.Option("--include-test-images", help="Also publish the test images. Needs --data-licence."),
    ] = False,
    data_licence: Annotated[
        str | None, typer.Option(help="Licence under which the images may be published.")
    ] = None,
    hide_file_names: Annotated[
        bool,
        typer.Option(
            "--hide-file-names", help="Replace file names by hashes, since names may contain patient ids."
        ),
    ] = False,
) -> None:
    """Publish a bundle on the Hugging Face Hub as one commit.

    The access token is read from HF_TOKEN or from `hf auth login`.
    """
    from core.hub import push as hub

    pushed = hub.push(
        bundle,
        repo,
        private=private,
        tag=tag,
        include_test_images=include_test_images,
        data_licence=data_licence,
        hide_file_names=hide_file_names,
        progress=errors.print,
    )
    state = "Published" if pushed.changed else "The repository is already up to date"
    console.print(f"{state}: {pushed.url}")
    console.print(
        f"Open it in the app: MODEL={repo}@{pushed.tag or pushed.commit} streamlit run streamlit_app.py"
    )


def pull(
    model: Annotated[str, typer.Argument(metavar="USER/REPO[@REVISION]", help="Model on the Hub.")],
) -> None:
    """Download a published bundle into the local cache, verify it, and print its folder."""
    from core.hub import pull as hub

    pulled = hub.pull(model)
    if pulled.note:
        errors.print(f"Using a cached copy that may be out of date: {pulled.note}")
    version = "a local folder" if pulled.commit is None else f"commit {pulled.commit}"
    errors.print(f"{pulled.name} is {version}; sizes and hashes verified.")
    typer.echo(pulled.folder)


def deploy(
    space: Annotated[str, typer.Argument(metavar="USER/SPACE", help="Space to create or to update.")],
    model: Annotated[str, typer.Option(metavar="USER/REPO[@REVISION]", help="Model on the Hub to show.")],
    examples: Annotated[
        str | None,
        typer.Option(
            metavar="hf://datasets/USER/NAME@COMMIT",
            help="Data set on the Hub whose images visitors can try where the model has no test images.",
        ),
    ] = None,
    private: Annotated[bool, typer.Option("--private", help="Create a private Space.")] = False,
    static: Annotated[
        bool,
        typer.Option(
            "--static",
            help="Publish a static page in place of the app: free, and images stay in the visitor's browser.",
        ),
    ] = False,
) -> None:
    """Publish the app, or a static page, as a Space on the Hugging Face Hub, with one pinned model.

    The access token is read from HF_TOKEN or from `hf auth login`. It is not given to the Space.
    """
    if static:
        from core.cli.static_space import deploy_static

        deploy_static(space, model, examples=examples, private=private)
        return
    from core.hub import space as hub

    deployed = hub.deploy(space, model, examples=examples, private=private, progress=errors.print)
    state = "Deployed" if deployed.changed else "The Space is already up to date"
    console.print(f"{state}: {deployed.url}")
    console.print(f"Model: {deployed.model}")
    if deployed.examples:
        console.print(f"Example images: {deployed.examples}")
    if deployed.changed:
        console.print("The Hub builds the Space now; this takes a few minutes.")
    if deployed.needs_secret:
        closed = " and ".join(deployed.needs_secret)
        console.print(
            f"Not public: {closed}. At {deployed.url}/settings add the secret HF_TOKEN, a token with read "
            "access to it."
        )
