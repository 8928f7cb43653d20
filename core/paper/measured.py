"""Results measured on BUSI under the three protocols, from docs/results."""

from __future__ import annotations

from pathlib import Path

from core.errors import UserError
from core.evaluation.protocol_comparison import ProtocolComparison
from core.schema import parse

FOLDER = Path(__file__).parents[2] / "docs" / "results"
IMAGE_SIZES = (150, 224)
"""Image sides in pixels for which the three protocols were compared on BUSI."""


def read_comparison(image_size: int, folder: Path = FOLDER) -> ProtocolComparison:
    """Read the comparison of the three protocols on BUSI with frozen Xception features.

    Args:
        image_size: one of ``IMAGE_SIZES``.
        folder: folder of the reports.

    Raises:
        UserError: the report does not exist, or is not valid.
    """
    path = folder / f"protocols_busi_xception_{image_size}.json"
    try:
        text = path.read_bytes()
    except OSError:
        raise UserError(
            f"The measured results are missing: docs/results/{path.name} cannot be read; "
            "copy docs/ together with the app."
        ) from None
    return parse(ProtocolComparison, text, what=path.name)
