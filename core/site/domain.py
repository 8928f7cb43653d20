"""What the scores of the training domain need in a browser: numbers of the training images, as one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from core.bundle.domain_card import score_title
from core.inference.domain_scores import DOMAIN_SCORES, STATISTICS_SCORE, Mahalanobis, Nearest, Statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.bundle.folder import Bundle
    from core.bundle.manifest import DomainLimit

FILE = "domain.bin"


def domain(bundle: Bundle) -> tuple[list[dict[str, Any]], bytes]:
    """Return the limits of a bundle's training domain, and the file with their numbers.

    Returns:
        For each limit its score, threshold and words, and the numbers of its arrays in the file, by name: of
        ``nearest`` the embeddings of the training images, [N, D]; of the others the mean and the upper
        triangle of the whitening matrix, column by column, and of ``statistics`` mean and spread of each too.
        The file holds little-endian numbers: 16-bit floats where a name begins with ``half_``, else 32-bit.
    """
    limits: list[dict[str, Any]] = []
    parts: list[bytes] = []
    for limit in bundle.manifest.decision.domain_limits:
        arrays = _arrays(bundle, limit)
        for name, values in arrays.items():
            parts.append(values.astype("<f2" if name.startswith("half_") else "<f4").tobytes())
            parts.append(b"\0" * (-len(parts[-1]) % 4))  # so that the next array begins at a multiple of 4
        limits.append(
            {
                "score": limit.score,
                "threshold": limit.threshold,
                "rule": limit.rule,
                "said": score_title(limit.score),
                "arrays": [[name, values.size] for name, values in arrays.items()],
            }
        )
    return limits, b"".join(parts)


def _arrays(bundle: Bundle, limit: DomainLimit) -> dict[str, NDArray[np.floating]]:
    rows = bundle.training_statistics() if limit.score == STATISTICS_SCORE else bundle.training_embeddings()
    score = DOMAIN_SCORES[limit.score](rows)
    if isinstance(score, Nearest):
        # Their scale cancels, and the bundle stores 16 bits of each.
        return {"half_training": rows / np.float32(bundle.manifest.decision.embedding_scale)}
    if isinstance(score, Statistics):
        return {"mean": score.mean, "spread": score.spread, **_gaussian(score)}
    assert isinstance(score, Mahalanobis)  # noqa: S101 - there are three
    return _gaussian(score)


def _gaussian(score: Mahalanobis | Statistics) -> dict[str, NDArray[np.floating]]:
    whitening = score.gaussian.whitening
    lower = np.tril_indices(len(whitening))
    return {"centre": score.gaussian.mean, "whitening": whitening.T[lower]}
