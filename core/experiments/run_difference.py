"""Two recipes cross-validated on the same folds: by how much does one beat the other?"""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import combinations
from typing import TYPE_CHECKING, Any

from core.bundle.folder import open_bundle
from core.bundle.manifest import OUT_OF_FOLD
from core.errors import UserError
from core.evaluation.paired import INTERVAL, Subject, differences, figures, measure
from core.experiments.cross_validation import REPORT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from core.bundle.manifest import Manifest


def compare_runs(folders: Sequence[Path]) -> dict[str, Any]:
    """Compare cross-validations of the same images on the same folds, pair by pair.

    Args:
        folders: written by ``experiments.cross_validation``, two or more; a run goes by its folder's name.

    Returns:
        ``runs`` (by name: recipe, command, the pooled figures with their intervals), ``differences`` (of each
        pair, the later less the earlier: figures with intervals), ``sentences``, and what they rest on. A
        figure is a share, 0-1, or the log loss in nats; ``sensitivity`` is that for the positive class; one
        that does not apply is missing.

    Raises:
        UserError: a folder is no finished cross-validation, or the runs are not of the same folds.
    """
    names = [folder.resolve().name for folder in folders]
    if len(names) < 2 or len(set(names)) < len(names):  # noqa: PLR2004
        raise UserError("Give two or more folders of cross-validations, each with a name of its own.")
    opened = [_open(folder) for folder in folders]
    first, table = opened[0]
    for name, (manifest, other) in zip(names, opened, strict=True):
        _check_same(names[0], first, table, name, manifest, other)
    subject = Subject(first.class_names, first.positive_class, first.seed)
    measured = [measure(subject, each) for _, each in opened]
    pairs = [
        {
            "minuend": names[later],
            "subtrahend": names[earlier],
            "figures": differences(measured[later], measured[earlier]),
        }
        for earlier, later in combinations(range(len(names)), 2)
    ]
    return {
        "runs": {
            name: {
                "command": manifest.command,
                "recipe": manifest.recipe.model_dump(mode="json"),
                "figures": figures(each),
            }
            for name, (manifest, _), each in zip(names, opened, measured, strict=True)
        },
        "differences": pairs,
        "sentences": [_sentence(pair) for pair in pairs],
        "interval": INTERVAL,
        "data": first.data.model_dump(mode="json"),
        "grouping": first.grouping,
        "class_names": list(first.class_names),
        "positive_class": first.positive_class,
        "pictures": len(table),
        "groups": int(table["group"].nunique()),
        "folds": int(table["fold"].nunique()),
        "seed": first.seed,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), "numpy": version("numpy")},
    }


def _open(folder: Path) -> tuple[Manifest, pd.DataFrame]:
    """Read what every bundle of a cross-validation holds: the predictions of all folds."""
    if not (folder / REPORT).is_file():
        raise UserError(f"{folder} holds no finished cross-validation: run cross-validate to its end first.")
    bundle = open_bundle(folder / "fold-1")
    return bundle.manifest, bundle.table(OUT_OF_FOLD).sort_values("file", ignore_index=True)


def _check_same(
    name: str, manifest: Manifest, table: pd.DataFrame, other: str, its: Manifest, its_table: pd.DataFrame
) -> None:
    columns = ["file", "sha256", "true_class", "group", "fold"]
    if manifest.class_names != its.class_names or not table[columns].equals(its_table[columns]):
        raise UserError(
            f"{name} and {other} are not cross-validations of the same images on the same folds; "
            "give both the same DATA, --folds, --seed and --groups."
        )


def _sentence(pair: dict[str, Any]) -> str:
    gap = pair["figures"]["macro_f1"]
    low, high = 100 * gap["low"], 100 * gap["high"]
    sentence = (
        f"{pair['minuend']} less {pair['subtrahend']}: {100 * gap['value']:+.1f} points of macro F1 "
        f"(95 % interval {low:+.1f} to {high:+.1f})"
    )
    return f"{sentence}; these images cannot tell it from nothing." if low <= 0 <= high else f"{sentence}."
