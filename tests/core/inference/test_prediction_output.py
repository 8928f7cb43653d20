"""Rows of predictions written as they come, and what is kept of them to say at the end."""

from __future__ import annotations

import io

import pandas as pd
import pyarrow.parquet as pq
import pytest

from core.inference.prediction_output import write_rows
from core.inference.prediction_table import prediction_columns

NAMES = ("benign", "malignant")


def row(file: str, frame: object = "", **cells: object) -> dict[str, object]:
    known = {
        "file": file,
        "frame": frame,
        "crop": "",
        "predicted_class": "benign",
        "p_benign": 0.75,
        "p_malignant": 0.25,
        "possible": ["benign"],
        "distance": 0.5,
        "unlike_training": False,
        "seen_in_training": "",
        "seen_by": "",
        "warning": "",
        "notes": "",
        "problem": "",
        "model": "m",
        "commit": "",
    }
    empty = dict.fromkeys([*prediction_columns(NAMES)]) | {"possible": []}
    return known | (empty if cells.get("problem") else {}) | cells


TABLES = [
    pd.DataFrame([row("a.png", notes="It was inverted."), row("b.png", problem="b.png is blank.")]),
    pd.DataFrame(
        [
            row("loop.mp4", 1, problem="blank"),
            row("loop.mp4", 2, warning="A frame."),
            row("loop.mp4", "all", notes="Mean probability over 1 frame."),
            row("f*.png", "all", problem="f*.png has 700 frames."),
        ]
    ),
    pd.DataFrame([row(f"{number}.png", notes="It was inverted.") for number in range(12)]),
]


@pytest.mark.parametrize("parquet", [False, True])
def test_what_is_said_of_the_rows_does_not_depend_on_how_they_come(parquet) -> None:
    summaries = []
    for tables in (TABLES, [pd.concat(TABLES, ignore_index=True)]):
        stream = io.BytesIO()
        found = write_rows(tables, stream, NAMES, parquet=parquet, sum_up_clips=True)
        summaries.append(vars(found) | {"first": found.first.to_dict("records")})
        stream.seek(0)
        written = pq.read_table(stream) if parquet else pd.read_csv(stream)
        assert len(written) == 18
    assert summaries[0] == summaries[1]
    summary = summaries[0]
    assert (summary["predicted"], summary["clips"]) == (14, 1)
    assert [one["file"] for one in summary["first"]] == ["a.png", "loop.mp4", *(f"{n}.png" for n in range(8))]
    assert (summary["changed"], summary["changed_file"]) == (13, "a.png")
    assert summary["warned"]
    assert (summary["files"], summary["failed_files"], summary["failed_clips"]) == (15, 1, 1)
    assert summary["problem"] == "b.png is blank."


def test_chosen_frames_are_told_one_by_one() -> None:
    tables = [pd.DataFrame([row("loop.mp4", 2), row("other.mp4", 2), row("a.png")])]
    found = write_rows(tables, io.BytesIO(), NAMES, parquet=False, sum_up_clips=False)
    assert (found.predicted, found.clips) == (3, 0)


def test_a_formula_in_a_name_is_no_formula_in_any_part_of_the_file() -> None:
    stream = io.BytesIO()
    tables = [pd.DataFrame([row(f"=cmd{number}.png")]) for number in range(2)]
    write_rows(tables, stream, NAMES, parquet=False, sum_up_clips=True)
    lines = stream.getvalue().decode().splitlines()
    assert [line.split(",")[0] for line in lines] == ["file", "'=cmd0.png", "'=cmd1.png"]
