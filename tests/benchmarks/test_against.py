"""The parts of ``make bench AGAINST=COMMIT`` that need no second checkout."""

import numpy as np
import pytest
from PIL import Image
from visit import FIRST, MODELS

from tests.benchmarks.against import checkouts, functions
from tests.benchmarks.against.ratios import Costs, Row, table


def test_costs_of_the_same_round_are_paired() -> None:
    costs = Costs()
    for old, new in ((2.0, 1.0), (4.0, 4.0), (9.0, 3.0)):
        costs.add({"train, s": old}, {"train, s": new})
    assert costs.rows() == [Row("train, s", old=4, new=3, ratio=2, lowest=1, highest=3)]
    assert not costs.not_compared


def test_what_one_checkout_alone_has_is_named_and_not_compared() -> None:
    costs = Costs()
    costs.add({"a": 1.0, "gone": 1.0, "missing": None}, {"b": 1.0, "missing": 1.0, "a": 2.0})
    assert [row.name for row in costs.rows()] == ["a"]
    assert costs.not_compared == {
        "b": "not in the old checkout",
        "missing": "not in the old checkout",
        "gone": "not in the new checkout",
    }


def test_the_table_ends_with_the_median_of_all_rows() -> None:
    rows = [
        Row("train, s", 12.345, 10, 1.2345, 1.1, 1.3),
        Row("classify, ms", 0.5, 1, 0.5, 0.4, 0.6),
        Row("memory, MB", 409.86, 410, 0.9997, 0.99, 1.01),
    ]
    assert table(rows).splitlines() == [
        "                  old      new  old/new   lowest  highest",
        "train, s         12.3     10.0     1.23     1.10     1.30",
        "classify, ms    0.500     1.00     0.50     0.40     0.60",
        "memory, MB        410      410     1.00     0.99     1.01",
        "",
        "median of 3 rows: 1.00 (wanted: at least 0.9)",
    ]


def test_every_measured_function_is_there_and_takes_its_arguments(tmp_path) -> None:
    random = np.random.default_rng(0)
    for label in functions.CLASSES:
        (tmp_path / label).mkdir()
        for number in range(1, 13):
            noise = random.integers(0, 256, (48, 48), dtype=np.uint8)
            Image.fromarray(noise).save(tmp_path / label / f"{label} ({number}).png")
    for prepare in functions.calls(tmp_path, MODELS / FIRST).values():
        prepare()()  # else a LookupError: the function's new name is not in functions.NAMES


def test_a_name_that_is_no_commit_is_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match="not a commit"), checkouts.pair("no-such-commit", tmp_path):
        pass
