"""The words of the page Classify that every bundle shares; a script puts values in the place of ``{…}``."""

from __future__ import annotations

from core.data.left_out import REFUSED as NO_ULTRASOUND
from core.figures.captions import join
from core.images import crop
from core.images.decode import NEXT_STEPS
from core.images.formats import Format, signatures
from core.images.limits import MAX_BYTES, MAX_PIXELS, MAX_SIDE
from core.inference import reasons

MAX_IMAGES = 200
DECODED = ("PNG", "JPEG", "WebP", "BMP", "GIF")
"""Formats that a page decodes to the same pixels as the app."""

PRIVACY = (
    "This page has no code that sends images, and its Content-Security-Policy tells the browser to block "
    "requests to other addresses."
)

EXAMPLES = "Or try a typical image of the test set, by its true class:"

FORMATS = join(DECODED, "or")
_UNKNOWN = f"is not a {FORMATS} image"
_DICOM = "is a DICOM file, which needs the app; export the image as an 8-bit PNG"
_BY_NAME = {
    "TIFF": "is a TIFF image, which browsers cannot decode; save it as an 8-bit PNG",
    "HEIC": "is an HEIC image, which few browsers can decode; save it as JPEG or PNG",
}
_NEXT_STEPS = {**NEXT_STEPS, "video": "save frames of it as PNG"}

REFUSED = {
    "empty": "{name} is empty; choose another file.",
    "bytes": f"{{name}} has {{size}} MB; choose a file of at most {MAX_BYTES // 2**20} MB.",
    "pixels": f"{{name}} has too many pixels; choose an image of at most {MAX_PIXELS // 10**6} million.",
    "side": f"{{name}} has a side of more than {MAX_SIDE:,} pixels; crop it first.",
    "format": "{name} {said}.",
    "clip": "{name} is a clip of {frames} frames ({format}); save a frame of it as PNG.",
    "deep": "{name} has 16 bits a channel, which a browser decodes wrongly; save it as an 8-bit PNG.",
    "cmyk": "{name} has the colours of a printer (CMYK); save it as PNG.",
    "altered": "{name} was not read, because this browser changes the pixels that pages read from a canvas; "
    "save it as PNG, or allow the page to read canvases.",
    "unusual": "{name} is a {format} image of an unusual kind; save it as PNG.",
    "structure": "{name} has an unusual internal structure; save it again as PNG.",
    "damaged": "{name} is damaged and cannot be read; save or export it again.",
    "network": "{name} got no prediction: the network failed on it; load the page again.",
    "black and white": f"{{name}} {NO_ULTRASOUND['black and white']}",
    "blank": f"{{name}} {NO_ULTRASOUND['blank']}",
    "crop": "The crop {crop} of {name} shows no ultrasound image; choose another.",
    "many": f"{{name}} was left out: the page keeps at most {MAX_IMAGES} images.",
}
"""Why an image gets no prediction."""

WORDS = {
    "loading": "Loading the model: {done} of {total} MB",
    "starting": "Starting the model …",
    "failed": "The model cannot be loaded. Check the connection, and load the page again.",
    "old_browser": "This browser is too old for the page: it lacks {missing}. Use a current one.",
    "classifying": "Classifying {done} of {total} …",
    "classified": "{name}: predicted class {predicted}. {probabilities}.",
    "predicted": "Predicted class: {predicted}",
    "possible_from": "possible from {limit}",
    "possible": "Possible:",
    "nothing_possible": reasons.NOTHING_POSSIBLE,
    "or": " or ",
    "map": "{name} as the network saw it, with the saliency map of {predicted}",
    "as_chosen": "{name} as chosen",
    "peak": "The strongest cell for {predicted} is in row {row} of {rows}, column {column} of {columns}: "
    "{share} of the total.",
    "no_peak": "No cell raised the score of {predicted}.",
    "size": "{name}, {width} × {height} pixels",
    "cropped": "{name}, cropped to {width} × {height} of {whole_width} × {whole_height} pixels",
    "crop_place": "Crop: {width} × {height} pixels, {left} from the left and {top} from the top",
    "whole": "Whole image",
    "crop": "Crop, {width} × {height}",
    "crop_it": "Crop it",
    "nameless": "The file",
    "example": "{label}, test image.png",
    "select": "{name}: {predicted}",
    "passed": reasons.PASSED.title,
    "passed_line": reasons.PASSED.line,
    "crop_help": "Drag on the image, press arrow keys, or type pixels.",
    "predicted_class": "Predicted class",
    "image": "image",
    "crop_column": "crop (x, y, width, height)",
    "predicted_class_column": "predicted class",
    "warnings": "warnings",
}

NOTES = {
    "transparent": "Transparent pixels were blended with black.",
    "decoder": "This browser decodes the file to slightly different pixels than the app does, so the "
    "probabilities may differ a little; as PNG they are the same.",
    "no_hash": "Whether the image was in the training data is not checked: browsers compute hashes on pages "
    "of https:// and localhost only.",
}

CHECKS = {
    "outside": (reasons.OUTSIDE, "{outside}"),
    "frame": reasons.FRAME,
    "seen": reasons.SEEN,
    "unlike": reasons.UNLIKE,
    "unsure": reasons.UNSURE,
    "improbable": reasons.IMPROBABLE,
}
"""Reasons not to trust a prediction: title and line."""

DETAILS = {
    "seen": "The training data has this image: {file}.",
    "distance": "{distance_of}: {distance}. Above {limit}, {rule}, an image is out of distribution.",
    "passed": "The image is of the kind that the model was trained on, without a frame, near enough to the "
    "training data, and one class is possible. This page recognises an image of the training data by exactly "
    "the same pixels; the app also finds near-duplicates and burned-in annotations.",
}

LIMITS = {
    "bytes": MAX_BYTES,
    "pixels": MAX_PIXELS,
    "side": MAX_SIDE,
    "images": MAX_IMAGES,
    "crop": crop.SMALLEST,
}


def formats() -> dict[str, object]:
    """Return how files are recognised, and what is said of those that the page does not decode."""
    return {
        "dicom": {"name": "DICOM", "said": _DICOM},
        "unknown": {"name": "", "said": f"{_UNKNOWN}; {_NEXT_STEPS['unknown']}"},
        "patterns": [
            {
                "pattern": signature.pattern,
                "flags": "si" if signature.any_case else "s",
                "name": signature.format.name,
                "said": "" if signature.format.name in DECODED else _said(signature.format),
            }
            for signature in signatures()
        ],
    }


def _said(form: Format) -> str:
    """Return what a file of a format is and what to do with it, as the rest of a sentence."""
    return _BY_NAME.get(form.name) or f"is {form.describe()}; {_NEXT_STEPS[form.kind]}"
