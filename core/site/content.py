"""All files of a bundle's site."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.site import about, charts, classify, confusion_matrix, space_card, training_curves
from core.site.files import OWN, digest, own_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.bundle.folder import Bundle
    from core.site.classify import Origin
    from core.site.files import Files

SERVICE_WORKER = "sw.js"


def content(bundle: Bundle, origin: Origin, runtime: Mapping[str, Path]) -> Files:
    """Return the files of a bundle's site.

    Args:
        bundle: the bundle, verified.
        origin: where it comes from.
        runtime: name of each file of ONNX Runtime Web → the file.

    Raises:
        UserError: a file of the bundle cannot be read.
    """
    found: Files = {
        **own_files(".css", ".js", ".svg"),
        **classify.files(bundle, origin, runtime),
        **charts.script(),
        **training_curves.files(bundle, origin),
        **confusion_matrix.files(bundle, origin),
        **about.files(bundle, origin),
    }
    found[SERVICE_WORKER] = _service_worker(found)
    return found | space_card.files(origin)  # which no visitor needs


def _service_worker(files: Files) -> bytes:
    """Return the service worker, which keeps these files; a browser fetches it again where a byte differs."""
    names = sorted(name for name in files if name != SERVICE_WORKER)
    head = f"const VERSION = {json.dumps(digest(files))}\nconst FILES = {json.dumps(names)}\n"
    return (head + (OWN / SERVICE_WORKER).read_text(encoding="utf-8")).encode()
