"""Options that say which data sets to read, and how."""

from pathlib import Path

import pytest

from core.cli.data_options import DataOptions
from core.data.labels import ColumnNames
from core.errors import UserError


def test_a_request_for_data_holds_what_was_asked() -> None:
    options = DataOptions(
        table=[Path("a.csv")],
        image_column="scan",
        label_column="finding",
        map=["Cyst = benign", "ca=malignant"],
        groups=["p.csv", "q.csv"],
    )
    request = options.data(["A", "B"], allow_missing=True)
    assert request.names == ("A", "B")
    assert (request.tables, request.groups) == ((Path("a.csv"),), (Path("p.csv"), Path("q.csv")))
    assert request.columns == ColumnNames("scan", "finding", None)
    assert {name.strip(): target.strip() for name, target in request.mapping.items()} == {
        "Cyst": "benign",
        "ca": "malignant",
    }
    assert request.allow_missing
    assert request.own_groups
    assert not DataOptions(groups=["none"]).data(["A"]).own_groups


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (DataOptions(label_column="x"), "are those of --table FILE; add it"),
        (DataOptions(groups=["none", "p.csv"]), "--groups none switches groups off"),
        (DataOptions(map=["cyst"]), "--map cyst is no mapping; write --map NAME=CLASS"),
        (DataOptions(map=["=benign"]), "is no mapping"),
        (DataOptions(map=["a=b", "A=c"]), "--map gives 'A' two classes, 'b' and 'c'; give one"),
        (DataOptions(map=["a b=b", "a_b=c"]), "--map gives 'a_b' two classes"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: DataOptions, message: str) -> None:
    with pytest.raises(UserError, match=message):
        options.data(["A"])
