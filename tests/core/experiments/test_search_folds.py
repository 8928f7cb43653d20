"""The sets of a search: no image of a fold that is set aside is in one."""

from pathlib import Path

import pandas as pd
import pytest
from reading import request_for, silent

from core.errors import UserError
from core.experiments import search_folds
from core.experiments.data_source import DataRequest
from core.experiments.request import Prepared, prepare
from core.recipe import Recipe

pytestmark = pytest.mark.xdist_group("held-out")


@pytest.fixture(scope="module")
def two(phantoms: Path, elsewhere: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Two hospitals, of which one publishes four folds."""
    table = pd.read_csv(elsewhere / "table.csv")
    folds = tmp_path_factory.mktemp("folds") / "folds.csv"
    table.assign(kFold=[1 + number % 4 for number in range(len(table))])[["file", "kFold"]].to_csv(
        folds, index=False
    )
    data = DataRequest((str(phantoms), str(elsewhere)), tables=(elsewhere / "table.csv",))
    request = request_for(phantoms, folds.with_name("out"), Recipe(), seed=3)
    return prepare(request._replace(data=data, split=(folds,)), silent)


def sets(split: pd.DataFrame, name: str) -> pd.DataFrame:
    return split[split["set"] == name]


def test_each_fold_validates_networks_of_the_others_and_the_rest_takes_no_part(two, elsewhere) -> None:
    published = pd.read_csv(two.request.split[0]).set_index("file")["kFold"]
    found = search_folds.plan(two, 5, ("1", "2", "3"), None)
    assert found.class_names == ("benign", "malignant", "normal")
    assert "folds 1, 2, 3 alone" in found.what
    used = [set(split.loc[split["set"].isin(["train", "validation"]), "file"]) for split in found.splits]
    for fold, split in enumerate(found.splits, start=1):
        validated, trained = (sets(split, name) for name in ("validation", "train"))
        of_fold = validated.loc[validated["source"] == elsewhere.name, "file"]
        assert set(published.loc[of_fold]) == {fold}
        assert set(published.loc[trained.loc[trained["source"] == elsewhere.name, "file"]]) == (
            {1, 2, 3} - {fold}
        )
        assert set(validated["class"]) == set(trained["class"]) == set(found.class_names)
        assert not set(validated["group"]) & set(trained["group"])
        assert "test" not in set(split["set"])
    assert any("no folds of" in remark for remark in found.remarks)
    # No image of a patient, or like an image, that is set aside.
    aside = two.index["file"].isin(published.index[published == 4])
    assert not set(two.groups[aside]) & {
        group for split in found.splits for group in sets(split, "train")["group"]
    }
    # The other hospital's folds are drawn: a quarter of its images is set aside there too.
    home = {file for file in used[0] if not file.startswith(elsewhere.name)}
    assert 0.65 * 74 < len(home) < 0.85 * 74
    validated = [set(sets(split, "validation")["file"]) for split in found.splits]
    assert sum(map(len, validated)) == len(set.union(*validated))


def test_on_one_data_set_alone_a_network_has_its_classes_and_is_validated_on_all(two, elsewhere) -> None:
    found = search_folds.plan(two, 5, ("1", "2"), elsewhere.name)
    assert found.class_names == ("benign", "malignant")
    for split in found.splits:
        assert set(sets(split, "train")["source"]) == {elsewhere.name}
        assert len(set(sets(split, "validation")["source"])) == 2
        assert set(split["class"]) == {"benign", "malignant"}
    assert elsewhere.name in found.what


@pytest.mark.parametrize(
    ("only", "train_on", "message"),
    [
        (("1", "9"), None, "no fold '9'; the table has the folds 1, 2, 3, 4"),
        (("1",), None, "two different folds"),
        (("1", "2", "3", "4"), None, "names all folds; leave out at least one"),
        (("1", "1"), None, "two different folds"),
        (("1", "2"), "nowhere", "no data set 'nowhere'"),
        ((), None, "need --only-folds"),
    ],
)
def test_what_cannot_be_searched_in_is_refused(two, only, train_on, message) -> None:
    with pytest.raises(UserError, match=message):
        search_folds.plan(two, 5, only, train_on)
