"""The card's section on where a model fails: worst first, both forms, and what is too small to say."""

import numpy as np
from bundles import CLASSES, make_bundle
from hostile_names import CLASSES as HOSTILE
from markdown_it import MarkdownIt

from core.bundle.card import render
from core.bundle.failures import FEWEST_GROUPS, describe, explain
from core.evaluation.results import SubsetMetrics
from core.evaluation.subsets import measure_subsets

HEADING = "## Where this model fails"


def measured(**columns: list[str]) -> tuple[SubsetMetrics, ...]:
    """Return metrics of 120 images; every third one of the first half is predicted as normal."""
    truth = np.arange(120) % 2
    predicted = np.where((np.arange(120) % 3 == 0) & (np.arange(120) < 60), 2, truth)
    probabilities = np.eye(3)[predicted] * 0.5 + np.eye(3)[truth] * 0.3 + 0.2 / 3
    options = {"class_names": CLASSES, "positive_class": "malignant", "threshold": 0.5, "seed": 0}
    return measure_subsets(truth, probabilities, np.arange(120), columns, **options)


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_worst_subset_comes_first_in_both_forms() -> None:
    text = describe(
        measured(source=["home"] * 60 + ["away"] * 60, device=["A", "B"] * 60),
        HEADING,
        positive_class="malignant",
    )
    assert text.startswith(f"{HEADING}\n\n")
    assert [row[0] for row in rows(text)] == ["home", "machine A", "machine B", "away"]
    worst = rows(text)[0]
    assert worst[1] == "60"
    assert worst[2].startswith("0.667 (")
    assert worst[3].startswith("1.000 (")
    assert worst[4].startswith("0.667 (")
    assert worst[5].startswith("1.000 (")
    # No image of class malignant has machine A.
    assert rows(text)[1][4] == rows(text)[1][5] == "not defined"
    assert rows(text)[1][3] == ""
    assert "Too small" not in text


def test_small_subsets_are_named_and_not_ranked() -> None:
    few = FEWEST_GROUPS - 1
    found = measured(device=["small"] * few + ["large"] * (120 - few))
    text = describe(found, HEADING, positive_class=None)
    assert [row[0] for row in rows(text)] == ["machine large"]
    assert text.endswith(f"(their number in brackets): machine small ({few}).")
    assert "Sensitivity" not in text
    alone = describe([one for one in found if one.value == "small"], HEADING, positive_class=None)
    assert rows(alone) == []
    assert "machine small" in alone


def test_the_card_has_the_section_where_there_are_subsets(tmp_path) -> None:
    found = measured(birads=["4"] * 60 + ["5"] * 60)
    text = render(make_bundle(tmp_path / "with", subsets=found))
    section = describe(found, "### At home", positive_class="malignant")
    assert f"\n\n{HEADING}\n\n{explain([found])}\n\n{section}\n\n## Data" in text
    few = [one for one in measured(birads=["4"] * 119 + ["5"]) if one.value == "5"]
    assert explain([few]) == ""
    assert "*As predicted*" not in explain([measured(birads=["4"] * 120)])
    assert HEADING not in render(make_bundle(tmp_path / "without"))


def test_hostile_values_are_text() -> None:
    names = [HOSTILE[0]] * 60 + [HOSTILE[1]] * 50 + [HOSTILE[2]] * 10
    text = describe(measured(device=names, source=names), HEADING, positive_class=None)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    inside = {token.type for each in tokens for token in each.children or []}
    assert inside <= {"text", "text_special", "softbreak", "em_open", "em_close"}
    assert not [
        token for token in tokens if token.type in {"html_block", "hr", "code_block", "list_item_open"}
    ]
    assert len({len(row) for row in rows(text)}) == 1
