"""Columns of tables, known and unknown."""

import pandas as pd
import pytest

from core.data.known_tables import KNOWN, Columns, find_columns, recognise


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name or "any")
def test_a_known_table_is_recognised_in_any_order_and_spelling(known) -> None:
    header = [name.upper().replace("_", " ") for name in reversed(known.header)]
    assert recognise(pd.DataFrame(columns=["other", *header])) is known
    assert recognise(pd.DataFrame(columns=header[1:])) in {None, KNOWN[-1]}
    assert (known.name is None) == (known.citation is None)


@pytest.mark.parametrize(
    ("header", "named", "found"),
    [
        (["File name", "Diagnosis"], {}, Columns("File name", "Diagnosis")),
        (
            ["image", "class", "Patient ID", "split", "mask"],
            {},
            Columns("image", "class", "Patient ID", "split", ("mask",)),
        ),
        (["img", "Labels", "segmentation mask"], {}, Columns("img", "Labels", masks=("segmentation mask",))),
        (["scan", "class"], {}, "image"),
        (["scan", "class"], {"image": "Scan"}, Columns("scan", "class")),
        (["file", "x"], {}, "label"),
        (["file", "class"], {"patient": "woman"}, "woman"),
    ],
)
def test_columns_are_found_by_their_names(header: list[str], named: dict[str, str], found: object) -> None:
    assert find_columns(pd.DataFrame(columns=header), **named) == found
