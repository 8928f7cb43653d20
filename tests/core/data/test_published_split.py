from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reading import indexed, request_for

from core.bundle import redaction
from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT as SPLIT_FILE
from core.data import published_split, splits
from core.data.groups import assign_groups
from core.errors import UserError
from core.experiments.train import train
from core.recipe import load_recipe

# Four images of a class in each set.
SPLIT = {
    f"{name}/{name}{n}.png": part for name in "ab" for n, part in enumerate(("train", "val", "test") * 4)
}


def index_of(files: dict[str, str]) -> pd.DataFrame:
    """An index with the files, each of which is masked as well."""
    names = [name for file in files for name in (file, file.replace(".png", "_mask.png"))]
    images = [name.replace("_mask", "") for name in names]
    table = pd.DataFrame({"file": names, "class": [name[0] for name in names], "image": images})
    table["kind"] = np.where(table["file"] == table["image"], "image", "mask")
    return table.assign(sha256=names, fingerprint=names, source="", set="")


def groups_of(index: pd.DataFrame, *together: set[str]) -> np.ndarray:
    """Each image in a group of its own, with its mask, but for those that belong together."""
    first = {file: min(group) for group in together for file in group}
    return pd.factorize(index["image"].map(lambda file: first.get(file, file)))[0].astype(np.int64)


def apply(path: Path, index: pd.DataFrame, groups: np.ndarray, name: str, near: np.ndarray | None = None):
    split, facts = published_split.split(
        [published_split.read(path)],
        index,
        groups,
        name,
        duplicate_groups=groups if near is None else near,
        seed=0,
    )
    assert list(split["file"]) == list(index["file"])
    return split.set_index("file")["set"], facts, split


def write(path: Path, rows: dict[str, str], header: str = "file,set") -> Path:
    path.write_text("\n".join([header, *(f"{file},{part}" for file, part in rows.items())]) + "\n")
    return path


def test_naive_takes_the_split_as_it_stands_and_counts_what_leaks(tmp_path: Path) -> None:
    path = write(tmp_path / "official.csv", SPLIT)
    index = index_of(SPLIT | {"a/unnamed.png": ""})
    groups = groups_of(index, {"a/a0.png", "a/a2.png"}, {"b/b1.png", "b/b5.png"}, {"a/a8.png", "b/b8.png"})
    parts, facts, split = apply(path, index, groups, "naive")
    expected = {file: "validation" if part == "val" else part for file, part in SPLIT.items()}
    assert parts[list(SPLIT)].to_dict() == expected
    assert set(parts.drop(list(SPLIT))) == {"left out"}  # masks, and what is not named
    assert (facts.file, facts.unlisted, facts.removed) == ("official.csv", 1, 0)
    assert (facts.leaked, facts.conflicting) == (2, 2)
    # What the model was trained on can be recognised later, and nothing else of it is kept.
    seen = split["set"].isin(["train", "validation"])
    assert (split.loc[seen, "fingerprint"] != "").all()
    assert (split.loc[~seen, "fingerprint"] == "").all()


def test_clean_removes_near_duplicates_from_training_and_validation_and_nothing_from_the_test_set(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "official.csv", SPLIT)
    index = index_of(SPLIT)
    copies = groups_of(
        index,
        *({"a/a0.png", "a/a2.png"}, {"b/b1.png", "b/b5.png"}, {"a/a3.png", "a/a4.png"}),
        *({"a/a8.png", "b/b8.png"}, {"a/a6.png", "b/b6.png"}),
    )
    parts, facts, _ = apply(path, index, copies, "clean")
    changed = {"a/a0.png", "b/b1.png", "a/a3.png", "a/a6.png", "b/b6.png"}
    assert {file for file in SPLIT if parts[file] == "left out"} == changed
    assert (facts.removed, facts.leaked, facts.conflicting) == (5, 0, 2)
    # Patient ids join more images, but do not make their labels conflict.
    groups = groups_of(index, {"b/b3.png", "b/b4.png"}, {"a/a1.png", "b/b2.png"})
    parts, facts, _ = apply(path, index, groups, "clean", near=groups_of(index))
    assert {file for file in SPLIT if parts[file] == "left out"} == {"b/b3.png", "a/a1.png"}
    assert (facts.removed, facts.leaked, facts.conflicting) == (2, 0, 0)


def test_bare_names_will_do_and_so_will_the_columns_of_published_lists(tmp_path: Path) -> None:
    bare = {file.rpartition("/")[2]: part.upper() for file, part in SPLIT.items()}
    path = write(tmp_path / "busi.csv", bare, "busi_file,split")
    index = index_of(SPLIT)
    parts, facts, _ = apply(path, index, groups_of(index), "clean")
    assert facts.removed == facts.unlisted == 0
    assert parts["a/a1.png"] == "validation"


def test_sets_are_known_in_every_spelling(tmp_path: Path) -> None:
    spellings = {
        "train": ("Training", " TRAIN ", "train_set", "Trn", "training data"),
        "validation": ("Val", "valid", "dev", "Validation set", "tuning"),
        "test": ("TEST", "testing", "hold-out", "eval", "test_split"),
        "left out": ("left_out", "Left out", "LEFTOUT"),
    }
    names = [f"a/{name}.png" for name in range(18)]
    written = [spelling for one in spellings.values() for spelling in one]
    path = write(tmp_path / "official.csv", dict(zip(names, written, strict=True)), "Image,Subset")
    meant = [name for name, one in spellings.items() for _ in one]
    assert published_split.read(path).table["set"].tolist() == meant


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        (SPLIT, "x,part", "has the columns 'x' and 'part'; it needs the columns file and set."),
        (SPLIT | {"a/a0.png": "fold 1"}, "file,part", "has the set 'fold 1' for 'a/a0.png'; write train"),
        (SPLIT | {"a/a0.png": ""}, "file,part", "has the set '' for 'a/a0.png'; write train"),
        (SPLIT | {"x.png": "test"}, "file,part", "lists 'x.png', which is not in the data"),
        (
            SPLIT | {f"x{number}.png": "test" for number in range(5)},
            "file,part",
            "lists 'x0.png', 'x1.png', 'x2.png' and 2 more, which are not in the data",
        ),
        (SPLIT | {"b1.png": "train"}, "file,part", "puts 'b/b1.png' into two sets"),
        (
            SPLIT | {"same.png": "train"},
            "file,part",
            "lists 'same.png', which may be 'a/same.png' or 'b/same.png'",
        ),
        ({f: p for f, p in SPLIT.items() if p != "val"}, "file,part", "has no validation image; each"),
        (
            {f: p for f, p in SPLIT.items() if f[0] == "a" or p != "test"},
            "file,part",
            "has no test image of class 'b'",
        ),
    ],
)
def test_a_split_file_that_cannot_be_right_is_refused_in_a_sentence(tmp_path, rows, header, message) -> None:
    path = write(tmp_path / "official.csv", rows, header)
    index = index_of(SPLIT | {"a/same.png": "", "b/same.png": ""})
    with pytest.raises(UserError) as refused:
        apply(path, index, groups_of(index), "naive")
    assert message in str(refused.value)
    assert "official.csv" in str(refused.value)


def test_the_split_of_a_bundle_with_hidden_file_names_is_refused(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "split.csv"
    path.write_bytes(redaction.redacted_tables(open_bundle(bundle))[0][SPLIT_FILE])
    index = index_of(SPLIT)
    with pytest.raises(UserError, match=r"split\.csv has hashes .* use the split\.csv of the local bundle"):
        apply(path, index, groups_of(index), "naive")


def test_a_set_of_near_duplicates_alone_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "official.csv", SPLIT)
    index = index_of(SPLIT)
    groups = groups_of(index, *({f"a/a{n}.png", f"a/a{n + 1}.png"} for n in (1, 4, 7, 10)))
    with pytest.raises(
        UserError, match=r"without near-duplicates .* leaves no validation image of class 'a'"
    ):
        apply(path, index, groups, "clean")


def test_what_cannot_go_together_and_a_missing_file_are_refused_before_any_image_is_read(tmp_path) -> None:
    request = request_for("no data", tmp_path / "out", load_recipe("paper"), split=(tmp_path / "no.csv",))
    with pytest.raises(UserError, match="give --split with --protocol clean or naive"):
        train(request, "paper", lambda *_: None, print)
    with pytest.raises(UserError, match=r"the split file .*no\.csv cannot be read"):
        train(request, "clean", lambda *_: None, print)


@pytest.mark.slow
@pytest.mark.busi
def test_breastmnists_official_split_of_busi(busi: Path) -> None:
    path = busi.parent / "breastmnist_split_to_busi_files.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    index = indexed(busi)
    groups = assign_groups(index)
    sizes, facts, tests = {}, {}, {}
    for name in ("naive", "clean"):
        parts, facts[name], _ = apply(path, index, groups, name)
        sizes[name] = [int((parts == part).sum()) for part in splits.SETS]
        tests[name] = set(parts.index[parts == "test"])
    assert sizes["naive"] == [546, 78, 156]
    assert tests["naive"] == tests["clean"]
    assert (facts["naive"].unlisted, facts["naive"].removed, facts["naive"].leaked) == (0, 0, 65)
    assert (facts["clean"].removed, facts["clean"].leaked) == (129, 0)
    assert sum(sizes["clean"]) == 780 - 129
    # benign (433) is also malignant (145).
    assert facts["clean"].conflicting == 6


def own(index: pd.DataFrame, groups: np.ndarray, protocol: str = "clean"):
    split, facts = published_split.split([], index, groups, protocol, duplicate_groups=groups, seed=0)
    return split.set_index("file")["set"], facts


def test_a_data_sets_own_split_is_used_and_its_missing_validation_set_drawn() -> None:
    sets = {f"{name}/{name}{n}.png": "test" if n < 4 else "train" for name in "ab" for n in range(36)}
    index = index_of(sets)
    index["set"] = index["file"].map(sets).fillna("")
    groups = groups_of(index, {"a/a0.png", "a/a9.png"}, {"b/b10.png", "b/b11.png"})
    parts, facts = own(index, groups)
    assert set(parts.index[parts == "test"]) == {file for file in sets if sets[file] == "test"}
    assert parts["a/a9.png"] == "left out"  # a near-duplicate of a test image
    assert parts["b/b10.png"] == parts["b/b11.png"]
    assert 6 <= (parts == "validation").sum() <= 10
    assert (facts.file, facts.removed, facts.leaked, facts.unlisted) == (None, 1, 0, 0)
    text = facts.described(str, "clean", grouped=False)
    assert text.startswith("The split was taken from the data set itself; its test set is unchanged.")
    assert published_split.describe_own_split(index, used=False).startswith(
        "The data set has its own split (64 train, 8 test): train --split own uses it"
    )
    assert published_split.describe_own_split(index, used=True) == ""
    no_test = index.assign(set=index["set"].replace("test", "validation"))
    assert published_split.describe_own_split(no_test, used=False) == (
        "The data set has its own split (64 train, 8 validation), without a test set: all images are "
        "pooled and split anew."
    )
    more = pd.concat([index, index.assign(source="more", set="")], ignore_index=True)
    told = published_split.describe_own_split(more, used=False)
    assert told.endswith(
        "has an own split (64 train, 8 test), more has none: all images are pooled and split anew."
    )
    with pytest.raises(UserError, match="the data set has no split of its own"):
        own(index_of(sets), groups)
    with pytest.raises(UserError, match="the split of the data set has no test image"):
        own(index.assign(set=index["set"].replace("test", "validation")), groups)


def test_a_set_that_has_only_patients_of_other_sets_is_named_with_a_way_out() -> None:
    names = ("train", "validation", "test")
    sets = {f"{name}/{name}{n}.png": names[n % 3] for name in "ab" for n in range(9)}
    index = index_of(sets)
    index["set"] = index["file"].map(sets).fillna("")
    patients = groups_of(index, *({f"{name}/{name}{n}.png" for n in range(9)} for name in "ab"))
    with pytest.raises(
        UserError,
        match=r"without near-duplicates and images of the same patients or sub-folders, the split of "
        r"the data set leaves no train image; .* Leave out --split to draw a new one, or add --prot",
    ):
        published_split.split([], index, patients, "clean", duplicate_groups=groups_of(index), seed=0)


def test_each_of_several_sources_needs_a_split(tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", {file: name for file, name in SPLIT.items() if file[0] == "a"})
    second = write(tmp_path / "b.csv", {file: name for file, name in SPLIT.items() if file[0] == "b"})
    index = index_of(SPLIT)
    index["source"] = index["class"]
    groups = groups_of(index)

    def split(*paths: Path):
        files = [published_split.read(path) for path in paths]
        return published_split.split(files, index, groups, "naive", duplicate_groups=groups, seed=0)

    assert split(first, second)[1].file == "a.csv and b.csv"
    with pytest.raises(UserError, match=r"a\.csv has no image of b; give a split for each data set"):
        split(first)
    with pytest.raises(UserError, match=r"two split files list 'a/a0\.png'; give one for each data set"):
        split(first, second, first)
    index["set"] = index["file"].map(SPLIT).where(index["class"] == "a", "").fillna("")
    with pytest.raises(UserError, match="b has no split of its own; leave out --split own, or give"):
        split()
