"""The page Classify: its HTML, and all words and numbers that its scripts need, as ``site.json``."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from core.bundle import limits_elsewhere
from core.bundle.manifest import MODEL, TEST_SET
from core.bundle.training_overlap import SAME_PIXELS, seen_images
from core.escape import html, visible
from core.evaluation.conformal import set_coverage
from core.evaluation.predictions import LabelledPredictions, probability_columns
from core.figures.style import class_colours
from core.inference import prediction_table
from core.inference.frame_warning import WORDS as FRAME
from core.palette import ORANGE, rgb
from core.serving import training_domain
from core.site import domain, words
from core.site.examples import examples
from core.site.files import OWN, as_json, read
from core.site.probes import probes
from core.site.runtime import BINARY
from core.site.shell import CLASSIFY, page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from core.bundle.folder import Bundle
    from core.site.files import Files

RUNTIME = "ort"
SEEN = "seen.json"
SITE = "site.json"
_ACCEPTED = "image/png,image/jpeg,image/webp,image/bmp,image/gif"


class Origin(NamedTuple):
    """Where the bundle of a site comes from.

    Attributes:
        model: name of the model: of its folder, or ``user/repo@revision``.
        commit: commit on the Hub, or '' for a local folder.
    """

    model: str
    commit: str


def files(bundle: Bundle, origin: Origin, runtime: Mapping[str, Path]) -> Files:
    """Return the files of the page, with the network and what runs it.

    Args:
        bundle: the bundle, verified.
        origin: where it comes from.
        runtime: name of each file of ONNX Runtime Web → the file.
    """
    limits, numbers = domain.domain(bundle)
    shown, images = examples(bundle)
    seen = seen_images(bundle, origin.model).drop_duplicates("sha256")
    loaded: Files = {
        MODEL: bundle.folder / MODEL,
        f"{RUNTIME}/{BINARY}": runtime[BINARY],
        domain.FILE: numbers,
        SEEN: as_json(dict(zip(seen["sha256"], map(visible, seen["file"]), strict=True))),
    }
    site = {
        **_site(bundle, origin),
        "domain": limits,
        "downloads": [_download(name, read(content)) for name, content in loaded.items()],
        "files": dict(zip(("model", "binary", "domain", "seen"), loaded, strict=True)),
    }
    return {
        **loaded,
        **{f"{RUNTIME}/{name}": path for name, path in runtime.items()},
        **images,
        CLASSIFY.file: page(CLASSIFY, _body(bundle, shown), model=origin.model, modules=["classify.js"]),
        SITE: as_json(site),
    }


def _download(name: str, content: bytes) -> tuple[str, int, str]:
    return name, len(content), hashlib.sha256(content).hexdigest()


def _site(bundle: Bundle, origin: Origin) -> dict[str, Any]:
    manifest = bundle.manifest
    names = manifest.class_names
    return {
        "classes": [visible(name) for name in names],
        "colours": list(class_colours(names).values()),
        "conformal_thresholds": manifest.decision.conformal_thresholds_of(names),
        "preprocessing": manifest.recipe.preprocessing.model_dump(),
        "shared_frames": [frame.model_dump() for frame in manifest.shared_frames],
        "tint": rgb(ORANGE),
        "limits": words.LIMITS,
        "formats": words.formats(),
        "probes": probes(),
        "outside": training_domain.warning(manifest.data, simulated=False),
        "table": _table(bundle, names, origin),
        "words": {
            **words.WORDS,
            "refused": words.REFUSED,
            "notes": words.NOTES,
            "checks": words.CHECKS,
            "details": words.DETAILS,
            "frame": FRAME,
        },
    }


def _table(bundle: Bundle, class_names: Sequence[str], origin: Origin) -> dict[str, Any]:
    """Return the columns of the downloads, and what is the same in every row."""
    same = prediction_table.Origin(origin.model, origin.commit, bundle.manifest_sha256())
    return {
        "columns": [
            *("file", "sha256", "crop"),
            *prediction_table.prediction_columns(class_names),
            *prediction_table.SEEN_COLUMNS,
            *("warning", "notes", *same._fields),
        ],
        "probability_columns": probability_columns(class_names),
        "classes": class_names,
        "seen_by": SAME_PIXELS,
        "origin": same._asdict(),
    }


def _body(bundle: Bundle, shown: list[dict[str, Any]]) -> str:
    """Return what stands below the title; the scripts fill and show what needs an image."""
    manifest = bundle.manifest
    return (
        (OWN / "classify.html")
        .read_text(encoding="utf-8")
        .format(
            examples=_examples(shown),
            accepted=_ACCEPTED,
            formats=words.FORMATS,
            megabytes=words.LIMITS["bytes"] // 2**20,
            privacy=html(words.PRIVACY),
            possible=html(_possible(bundle)),
            elsewhere=html(limits_elsewhere.in_short(manifest, visible)),
            held=html(" ".join(limits_elsewhere.describe(manifest, visible))),
        )
    )


def _examples(shown: list[dict[str, Any]]) -> str:
    """Return buttons that open test images, or nothing."""
    if not shown:
        return ""
    buttons = "".join(
        f'<button type="button" data-file="{one["file"]}" data-class="{html(one["class"])}">'
        f'<img src="{one["file"]}" alt="" width="96" height="96">{html(one["class"])}</button>'
        for one in shown
    )
    return f'<div id="examples"><p>{words.EXAMPLES}</p><div class="row">{buttons}</div></div>'


def _possible(bundle: Bundle) -> str:
    """Return what the possible classes of an image are, and how often they have held."""
    names = bundle.manifest.class_names
    thresholds = bundle.manifest.decision.conformal_thresholds_of(names)
    predictions = LabelledPredictions.from_table(bundle.table(TEST_SET), names)
    found = set_coverage(*predictions, thresholds)
    held = (
        ""
        if found.overall is None
        else (
            " On the test set, the true class is among the possible ones for "
            f"{found.overall.in_words('.1%')} of the images."
        )
    )
    return f"{limits_elsewhere.explain_possible(bundle.manifest)}{held}"
