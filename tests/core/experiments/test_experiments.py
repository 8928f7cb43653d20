"""Many trainings, one table: cross-validation and the comparison of protocols."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from paths import ROOT

from core.bundle.folder import add_file, open_bundle
from core.data.provenance import PROTOCOLS
from core.errors import UserError
from core.evaluation.intervals import Interval
from core.evaluation.protocol_comparison import KINDS, kinds_of_test_files, report
from core.evaluation.protocol_comparison import measure as measure_part
from core.evaluation.repeated_splits import difference, summarise
from core.experiments.protocols import linear_head


def test_only_optional_files_are_added_to_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"another model")
    bundle = tmp_path / "bundle"
    shutil.copytree(ROOT / "models" / "phantom", bundle)
    with pytest.raises(UserError, match="cannot be added"):
        add_file(bundle, tmp_path / "model.onnx")
    open_bundle(bundle)


def split_table() -> pd.DataFrame:
    rows = [
        # file, class, kind, group, part
        ("a1", "benign", "image", 0, "train"),
        ("a2", "benign", "image", 0, "test"),  # a copy of a1
        ("a2_mask", "benign", "mask", 0, "test"),
        ("b1", "malignant", "image", 1, "test"),
        ("c1", "normal", "image", 2, "validation"),
        ("c2", "normal", "image", 2, "test"),  # its copy is not in training
        ("c1_mask", "normal", "mask", 2, "train"),
        ("c2_mask", "normal", "mask", 2, "test"),
    ]
    return pd.DataFrame(rows, columns=["file", "class", "kind", "group", "part"])


def test_kinds_of_test_files() -> None:
    split = split_table()
    files = split.loc[split["part"] == "test", "file"].to_numpy()
    kinds = {kind: list(files[rows]) for kind, rows in kinds_of_test_files(split).items()}
    assert kinds == {
        "masks": ["a2_mask", "c2_mask"],
        "masks of normal images": ["c2_mask"],
        "pictures with a copy in training": ["a2"],
        "pictures without a copy in training": ["b1", "c2"],
    }


def test_a_kind_without_files_has_no_figures() -> None:
    split = split_table()
    names = ("benign", "malignant", "normal")
    chances = np.eye(3)[[0, 0, 1, 0, 2]]
    everything, nothing = np.ones(5, bool), np.zeros(5, bool)
    full, empty = (
        measure_part(split, chances, rows, class_names=names, positive_class="malignant", seed=0)
        for rows in (everything, nothing)
    )
    assert (full.images, full.trained, full.figures["accuracy"].value) == (5, 2, 0.8)
    assert (empty.images, set(empty.figures.values())) == (0, {None})
    measured = {name: [full, full] for name in PROTOCOLS}
    content = report(measured, {kind: [empty, empty] for kind in KINDS} | {KINDS[3]: [empty, full]})
    assert content["paper_test_part"]["masks"] == {
        "pictures": 0,
        "figures": {"accuracy": None, "sensitivity": None},
    }
    assert content["paper_test_part"][KINDS[3]]["figures"]["accuracy"]["values"] == [None, 0.8]
    assert any("there are no masks here" in sentence for sentence in content["sentences"])


def intervals(*values: float) -> list[Interval | None]:
    return [Interval(value, value - 0.1, value + 0.05) for value in values]


def test_the_interval_of_repeats_is_nadeau_and_bengios() -> None:
    summary = summarise(intervals(0.7, 0.8, 0.9), ratio=1 / 9)
    # By hand: variance 0.01, (1/3 + 1/9) · 0.01 = 0.00444, its root 0.0667, t(2) = 4.3027.
    assert summary.mean == pytest.approx(0.8)
    assert summary.standard_deviation == pytest.approx(0.1)
    assert (summary.low, summary.high) == pytest.approx((0.8 - 0.28685, 1.0), abs=1e-4)
    gap = difference(summary, summarise(intervals(0.5, 0.7, 0.6), ratio=1 / 9), ratio=1 / 9)
    assert gap.values == pytest.approx([0.2, 0.1, 0.3])  # noqa: PD011
    assert (gap.low, gap.high) == pytest.approx((0.2 - 0.28685, 0.2 + 0.28685), abs=1e-4)


def test_without_a_spread_the_test_parts_own_interval_stands_in() -> None:
    alone = summarise(intervals(0.8), ratio=0.1)
    assert (alone.standard_deviation, alone.low, alone.high) == (
        None,
        pytest.approx(0.7),
        pytest.approx(0.85),
    )
    same = summarise(intervals(0.6, 0.6), ratio=0.1)
    assert (same.standard_deviation, same.low, same.high) == (0, pytest.approx(0.5), pytest.approx(0.65))
    gap = difference(alone, summarise(intervals(0.6), ratio=0.1), ratio=0.1)
    # √(0.1² + 0.05²) either way.
    assert (gap.mean, gap.low, gap.high) == pytest.approx((0.2, 0.2 - 0.1118, 0.2 + 0.1118), abs=1e-4)
    assert summarise([None, None], ratio=0.1) is None


def test_the_linear_head_learns_and_knows_the_class_order() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=300)
    features = (rng.normal(size=(300, 20)) + 3 * np.eye(20)[labels]).astype(np.float32)
    features[:, 19] = 7  # a unit that is never on
    answer = linear_head(features[:200], labels[:200], features[200:])
    np.testing.assert_allclose(answer.sum(axis=1), 1)
    assert (answer.argmax(axis=1) == labels[200:]).mean() > 0.9
