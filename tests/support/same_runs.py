"""Two cross-validations, or two folders of bundles, compared bit for bit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

# What one machine does not repeat: times, and names that tf2onnx gives to tensors.
_NOT_REPEATED = {"bundle.json", "README.md", "model.onnx", "history.csv"}
_OF_THIS_RUN = ("command", "created", "seconds")


def assert_same(one: Path, other: Path) -> None:
    """Check that two runs have the same files, equal in every bit that one machine repeats."""
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(other) for path in other.rglob("*") if path.is_file())
    assert any(path.name == "model.weights.h5" for path in files)
    for path in files:
        if path.name == "history.csv":
            histories = [pd.read_csv(folder / path).drop(columns="seconds") for folder in (one, other)]
            pd.testing.assert_frame_equal(*histories, check_exact=True)
        elif path.suffix == ".json" and path.name != "bundle.json":
            assert_same_report(one / path, other / path)
        elif path.name not in _NOT_REPEATED:
            assert (one / path).read_bytes() == (other / path).read_bytes(), path


def assert_same_report(one: Path, other: Path) -> None:
    """Check that two reports are equal, apart from their command lines and times."""
    first, second = (_without_times(json.loads(path.read_text())) for path in (one, other))
    assert first == second


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_times(part) for name, part in value.items() if name not in _OF_THIS_RUN}
    return [_without_times(part) for part in value] if isinstance(value, list) else value
