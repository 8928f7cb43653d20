"""Write the site of a bundle into a folder for any web server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.files import NO_SPACE, check_output, staged_path
from core.site.content import content
from core.site.files import read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.bundle.folder import Bundle
    from core.site.classify import Origin
    from core.site.files import Files


def export(bundle: Bundle, origin: Origin, runtime: Mapping[str, Path], folder: Path) -> Files:
    """Write the site of a bundle into a new folder, which appears when it is complete.

    Args:
        bundle: the bundle, verified.
        origin: where it comes from.
        runtime: name of each file of ONNX Runtime Web → the file.
        folder: folder to write; must not exist yet.

    Returns:
        The files that were written.

    Raises:
        UserError: the folder exists, or a file of the bundle cannot be read.
        OSError: the disk refuses a file.
    """
    check_output(folder, "FOLDER")
    files = content(bundle, origin, runtime)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with staged_path(folder) as staged:
        for name, found in files.items():
            path, file = staged / name, read(found)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.write_bytes(file)
            except OSError as error:
                if error.errno not in NO_SPACE:
                    raise
                raise OSError(error.errno, error.strerror, str(folder)) from None  # it names no file
    return files
