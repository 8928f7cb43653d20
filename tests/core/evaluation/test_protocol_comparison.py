"""What each leak is worth, from the metrics of every split."""

import json

import numpy as np
import pandas as pd
import pytest

from core.data.provenance import PHANTOM_DATA, PROTOCOLS
from core.errors import UserError
from core.evaluation.protocol_comparison import (
    KIND_NAMES,
    KINDS,
    MASKS,
    PAIRS,
    UNIQUE,
    ComparisonSetup,
    FeatureRecipe,
    ProtocolComparison,
    SplitResult,
    kinds_of_test_files,
    measure,
    summarise_comparison,
)
from core.evaluation.results import Interval
from core.recipe import RECIPES, Recipe
from core.schema import parse

SETUP = ComparisonSetup(
    mode="linear head",
    data=PHANTOM_DATA,
    images=5,
    masks=3,
    grouping="near-duplicates only",
    recipe=FeatureRecipe.model_validate(RECIPES["paper"], from_attributes=True),
    class_names=("benign", "malignant", "normal"),
    positive_class="malignant",
    seed=0,
    repeats=2,
    created="2026-01-01T00:00:00+00:00",
    command="python train_cli.py compare phantom",
    versions={},
)


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
    return pd.DataFrame(rows, columns=["file", "class", "kind", "group", "set"])


def test_kinds_of_test_files() -> None:
    split = split_table()
    files = split.loc[split["set"] == "test", "file"].to_numpy()
    kinds = {kind: list(files[rows]) for kind, rows in kinds_of_test_files(split).items()}
    assert kinds == {
        "masks": ["a2_mask", "c2_mask"],
        "masks of normal images": ["c2_mask"],
        "pictures with a copy in training": ["a2"],
        "pictures without a copy in training": ["b1", "c2"],
    }


def measured(rows: list[bool]) -> SplitResult:
    probabilities = np.eye(3)[[0, 0, 1, 0, 2]]
    return measure(
        split_table(),
        probabilities,
        np.array(rows),
        class_names=SETUP.class_names,
        positive_class="malignant",
        seed=0,
    )


def test_a_kind_without_files_has_no_metrics() -> None:
    full, empty = measured([True] * 5), measured([False] * 5)
    assert full.metrics["accuracy"] is not None
    assert (full.images, full.trained, full.metrics["accuracy"].value) == (5, 2, 0.8)
    assert (empty.images, set(empty.metrics.values())) == (0, {None})
    comparison = summarise_comparison(
        SETUP,
        {name: [full, full] for name in PROTOCOLS},
        {kind: [empty, empty] for kind in KINDS} | {UNIQUE: [empty, full]},
    )
    assert comparison.model_dump()["paper_test_set"][MASKS] == {
        "files": 0,
        "metrics": {"accuracy": None, "sensitivity": None},
    }
    accuracy = comparison.paper_test_set[UNIQUE].metrics["accuracy"]
    assert accuracy is not None
    assert accuracy.values == (None, 0.8)  # noqa: PD011
    assert any("these data have no masks" in sentence for sentence in comparison.sentences)


def result(accuracy: float) -> SplitResult:
    interval = Interval(value=accuracy, low=accuracy - 0.05, high=accuracy + 0.05)
    return SplitResult(
        20,
        80,
        dict.fromkeys(("accuracy", "balanced_accuracy", "macro_f1", "auc"), interval) | {"sensitivity": None},
    )


@pytest.fixture(scope="module")
def comparison() -> ProtocolComparison:
    shares = {"paper": (0.90, 0.92), "naive": (0.80, 0.81), "clean": (0.70, 0.90)}
    measured = {name: [result(share) for share in pair] for name, pair in shares.items()}
    return summarise_comparison(SETUP, measured, dict.fromkeys(KINDS, measured["paper"]))


def test_differences_are_paired_by_seed(comparison: ProtocolComparison) -> None:
    assert [(pair.minuend, pair.subtrahend) for pair in comparison.differences] == list(PAIRS)
    gaps = [pair.metrics["accuracy"] for pair in comparison.differences]
    assert gaps[0].values == pytest.approx((0.10, -0.09))  # noqa: PD011
    assert gaps[1].values == pytest.approx((0.10, 0.11))  # noqa: PD011
    assert all("sensitivity" not in pair.metrics for pair in comparison.differences)
    assert comparison.protocols["clean"].metrics["sensitivity"] is None
    assert (comparison.protocols["naive"].train, comparison.protocols["naive"].test) == (80, 20)


def test_sentences_say_what_each_leak_is_worth_in_the_words_of_the_field(
    comparison: ProtocolComparison,
) -> None:
    naive, paper, both, kinds = comparison.sentences
    assert naive.startswith(
        "Near-duplicates of training images in the test set (naive minus clean): +0.5 points"
    )
    assert naive.endswith("; not distinguishable from zero.")
    # t(1) = 12.706 · √((1/2 + 1/4) · 0.00005) = 0.0778
    assert paper == (
        "Masks used as images, and the paper's split (paper minus naive): +10.5 points of accuracy "
        "(95 % confidence interval +2.7 to +18.3)."
    )
    assert both.startswith("Both together (paper minus clean): +11.0 points")
    assert kinds.startswith(
        "Correctly classified in the paper protocol's test set: 91.0% of the segmentation masks,"
    )
    for word in ("picture", "copy", "copies", "rightly"):
        assert word not in " ".join([*comparison.sentences, *KIND_NAMES.values()])
    assert set(KIND_NAMES) == set(KINDS)


def test_what_is_written_is_read_again_and_sentences_are_made_anew(comparison: ProtocolComparison) -> None:
    assert ProtocolComparison.model_validate_json(comparison.model_dump_json()) == comparison
    content = json.loads(comparison.model_dump_json())
    assert content["sentences"] == list(comparison.sentences)
    assert list(content)[-1] == "sentences"
    assert parse(ProtocolComparison, content | {"sentences": ["Copies."]}, what="it") == comparison
    assert ProtocolComparison.model_validate(content).recipe == SETUP.recipe


def test_the_whole_recipe_stays_whole(comparison: ProtocolComparison) -> None:
    whole = comparison.model_copy(update={"recipe": RECIPES["recommended"]})
    again = ProtocolComparison.model_validate_json(whole.model_dump_json())
    assert isinstance(again.recipe, Recipe)
    assert again.recipe == RECIPES["recommended"]


@pytest.mark.parametrize("field", ["protocols", "paper_test_set"])
def test_a_comparison_without_a_protocol_or_a_kind_is_refused(
    comparison: ProtocolComparison, field: str
) -> None:
    content = json.loads(comparison.model_dump_json())
    content[field].pop(next(iter(content[field])))
    with pytest.raises(UserError, match="a protocol or a kind of test file is missing"):
        parse(ProtocolComparison, content, what="it")
    with pytest.raises(UserError, match="it is not valid"):
        parse(ProtocolComparison, [content], what="it")
