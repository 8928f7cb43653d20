"""Command ``export-site``: a bundle as a static page for any web server."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.console import console, errors
from core.cli.options import BundleName


def export_site(
    bundle: BundleName,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder for the page; must not exist yet.")
    ],
    runtime: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Archive of ONNX Runtime Web from npm's registry, where that cannot be reached.",
        ),
    ] = None,
) -> None:
    """Write a page that classifies images in the visitor's own browser: files only, no server and no upload.

    ONNX Runtime Web, which runs the network there, is fetched once and kept in the cache.
    """
    import shlex

    from core.files import check_output, size_in_words
    from core.hub.pull import pull
    from core.site import refusals
    from core.site.classify import Origin
    from core.site.disclosure import disclosure
    from core.site.export import export
    from core.site.files import size
    from core.site.runtime import runtime_files
    from core.site.shell import SERVE

    check_output(folder, "FOLDER")
    pulled = pull(bundle)
    checked = refusals.check(pulled.folder)
    if pulled.commit is None:  # else push has said it
        errors.print(disclosure(checked))
    # The path of a local folder may bear names that are nobody's business.
    files = export(
        checked,
        Origin(str(pulled.name) if pulled.commit else pulled.folder.name, pulled.commit or ""),
        runtime_files(runtime, say=errors.print),
        folder,
    )
    console.print(f"Page written to {folder}: {len(files)} files, {size_in_words(size(files))}.")
    command = shlex.join([*SERVE.split(), "--directory", str(folder)])
    console.print(f"Look at it: {command}, then open http://localhost:8000")
