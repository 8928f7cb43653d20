"""Many trainings, one table: cross-validation and the comparison of protocols."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import run, start, succeed
from paths import ROOT

from core.bundle.folder import add_file, open_bundle
from core.bundle.manifest import OUT_OF_FOLD
from core.bundle.tables import COLUMNS
from core.data.phantom import dataset as phantom_dataset
from core.data.provenance import PROTOCOLS
from core.errors import UserError
from core.evaluation.intervals import Interval
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import probability_columns, probability_matrix
from core.evaluation.protocol_comparison import FIGURES, KINDS, PAIRS, kinds_of_test_files, report
from core.evaluation.protocol_comparison import measure as measure_part
from core.evaluation.repeated_splits import difference, summarise
from core.experiments.protocols import linear_head
from core.inference.evaluate import on_out_of_fold

# All in one worker, with the other tests of the command line.
pytestmark = pytest.mark.xdist_group("cli")
BASE = ["--backbone", "tiny", "--image-size", 48]
RECIPE = [*BASE, "--fine-tune", "all", "--epochs", 2, "--batch-size", 16, "--folds", 2]


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    phantom_dataset.write_dataset(folder, counts={"benign": 40, "malignant": 30, "normal": 25})
    return folder


@pytest.fixture(scope="module")
def folded(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "folded"
    finished = succeed("cross-validate", phantoms, "--output", folder, *RECIPE)
    assert "All 2 folds together" in finished.stdout
    assert "AUC, malignant against benign alone" in finished.stdout
    return folder


def test_out_of_fold_holds_each_counted_image_once(folded: Path) -> None:
    assert {path.name for path in folded.iterdir()} == {
        *("fold-1", "fold-2", "out_of_fold.parquet", "cross_validation.json")
    }
    assert [path.name for path in folded.parent.iterdir()] == ["folded"]
    table = pd.read_parquet(folded / OUT_OF_FOLD)
    bundle = open_bundle(folded / "fold-1")
    names = bundle.manifest.class_names
    assert list(table.columns) == [*COLUMNS[OUT_OF_FOLD], *probability_columns(names)]
    split = bundle.table("split.csv")
    assert sorted(table["file"]) == sorted(split.loc[split["part"] != "left out", "file"])
    for number, rows in table.groupby("fold"):
        tested = open_bundle(folded / f"fold-{number}")
        assert tested.manifest.protocol == "clean"
        assert list(rows["file"]) == list(tested.table("test_set.parquet")["file"])
    assert table.groupby("group")["fold"].nunique().max() == 1


def test_every_fold_bundle_holds_the_whole_table(folded: Path) -> None:
    table = pd.read_parquet(folded / OUT_OF_FOLD)
    for fold in ("fold-1", "fold-2"):
        bundle = open_bundle(folded / fold)
        assert OUT_OF_FOLD in bundle.manifest.files
        pd.testing.assert_frame_equal(bundle.table(OUT_OF_FOLD), table)


def test_the_pooled_figures_are_those_of_the_table(folded: Path) -> None:
    table = pd.read_parquet(folded / OUT_OF_FOLD)
    content = json.loads((folded / "cross_validation.json").read_text())
    names = content["class_names"]
    expected = evaluate(
        [names.index(name) for name in table["true_class"]],
        probability_matrix(table, names),
        table["group"],
        class_names=names,
        positive_class="malignant",
        threshold=None,
        seed=content["seed"],
    )
    assert content["pooled"] == json.loads(json.dumps(expected))
    # The app has the bundle alone, and measures anew.
    assert on_out_of_fold(open_bundle(folded / "fold-2")) == expected
    interval = content["pooled"]["macro_f1"]
    assert interval["low"] < interval["value"] < interval["high"]
    folds = [fold["metrics"]["accuracy"]["value"] for fold in content["per_fold"]]
    spread = content["spread"]["accuracy"]
    assert spread["mean"] == pytest.approx(np.mean(folds))
    assert spread["standard_deviation"] == pytest.approx(np.std(folds, ddof=1))
    assert (spread["min"], spread["max"]) == (min(folds), max(folds))
    thresholds = np.array(content["operating_point"]["thresholds"])[table["fold"] - 1]
    positive = table["true_class"] == "malignant"
    called = table["p_malignant"] >= thresholds
    assert content["operating_point"]["sensitivity"]["value"] == pytest.approx(called[positive].mean())
    assert content["operating_point"]["specificity"]["value"] == pytest.approx((~called)[~positive].mean())
    # Measured in two ways: one class of many against the rest, and the class that is looked for.
    malignant = content["pooled"]["per_class"]["malignant"]
    assert content["positive"]["against_rest"]["auc"] == pytest.approx(malignant["auc"])
    assert content["positive"]["at_specificity"]["specificity"] >= 0.9
    assert set(content["positive"]["against"]) == {"benign", "normal"}
    assert content["left_out"] == 4
    assert content["command"].startswith("python train_cli.py cross-validate")


@pytest.mark.slow
def test_a_killed_cross_validation_goes_on_as_if_nothing_had_happened(
    folded: Path, phantoms: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "folded"
    arguments = ["cross-validate", phantoms, "--output", folder, *RECIPE]
    process = start(*arguments)
    assert process.stderr is not None
    lines = iter(process.stderr)
    next(line for line in lines if line.startswith("Fold 2 of 2"))
    next(line for line in lines if line.startswith("Epoch 1/2"))
    process.kill()
    process.communicate()
    assert (tmp_path / "folded.partial" / "fold-1" / "bundle.json").is_file()
    refused = run(*arguments)
    assert (refused.returncode, "add --resume" in refused.stderr) == (2, True)
    other = run(*arguments, "--resume", "--seed", 1)
    assert (other.returncode, "started with another seed" in other.stderr) == (2, True)
    finished = succeed(*arguments, "--resume")
    assert "Going on after epoch" in finished.stderr
    tables = [pd.read_parquet(path / OUT_OF_FOLD) for path in (folder, folded)]
    assert list(tables[0]["file"]) == list(tables[1]["file"])
    columns = ["p_benign", "p_malignant", "p_normal"]
    np.testing.assert_allclose(tables[0][columns], tables[1][columns], atol=1e-3)
    assert not (tmp_path / "folded.partial").exists()


def test_a_run_differs_from_itself_by_nothing_and_from_another_by_what_its_table_says(
    folded: Path, tmp_path: Path
) -> None:
    other = tmp_path / "constant"
    shutil.copytree(folded, other)
    for fold in other.glob("fold-*"):
        table = pd.read_parquet(fold / OUT_OF_FOLD)
        table[["p_benign", "p_malignant", "p_normal"]] = [1, 0, 0]
        table.to_parquet(tmp_path / OUT_OF_FOLD, index=False)
        add_file(fold, tmp_path / OUT_OF_FOLD)
    same = shutil.copytree(folded, tmp_path / "same")
    output = tmp_path / "difference.json"
    finished = succeed("difference", folded, same, other, "--output", output)
    content = json.loads(output.read_text())
    assert list(content["runs"]) == ["folded", "same", "constant"]
    pooled = json.loads((folded / "cross_validation.json").read_text())["pooled"]
    for name in ("accuracy", "balanced_accuracy", "macro_f1", "auc"):
        assert content["runs"]["folded"]["figures"][name] == pooled[name]
    nothing, gap = content["differences"][0]["figures"], content["differences"][1]["figures"]
    for figure in nothing.values():
        assert figure["low"] < figure["value"] == 0 < figure["high"]
    table = pd.read_parquet(folded / OUT_OF_FOLD)
    benign = (table["true_class"] == "benign").to_numpy()
    called = table[["p_benign", "p_malignant", "p_normal"]].to_numpy().argmax(axis=1)
    right = called == pd.Categorical(table["true_class"]).codes
    assert gap["accuracy"]["value"] == pytest.approx(benign.mean() - right.mean())
    assert gap["auc"]["value"] == pytest.approx(0.5 - pooled["auc"]["value"])
    assert gap["sensitivity"]["value"] == pytest.approx(
        -pooled["per_class"]["malignant"]["sensitivity"]["value"]
    )
    # The paired interval, by the book: the same groups drawn for both.
    rng = np.random.default_rng(0)
    differences = []
    groups = [
        table[table["true_class"] == name]["group"].unique() for name in sorted(set(table["true_class"]))
    ]
    members = {
        (name, group): rows.index.to_numpy() for (name, group), rows in table.groupby(["true_class", "group"])
    }
    for _ in range(400):
        drawn = np.concatenate(
            [
                members[name, group]
                for name, of_class in zip(sorted(set(table["true_class"])), groups, strict=True)
                for group in rng.choice(of_class, len(of_class))
            ]
        )
        differences.append(benign[drawn].mean() - right[drawn].mean())
    expected = np.percentile(differences, [2.5, 97.5])
    assert (gap["accuracy"]["low"], gap["accuracy"]["high"]) == pytest.approx(tuple(expected), abs=0.03)
    for sentence in content["sentences"]:
        assert sentence in " ".join(finished.stdout.split())
    assert "cannot tell it from nothing" in content["sentences"][0]


def test_runs_that_cannot_be_paired_are_refused(folded: Path, tmp_path: Path) -> None:
    other = shutil.copytree(folded, tmp_path / "other")
    for fold in other.glob("fold-*"):
        table = pd.read_parquet(fold / OUT_OF_FOLD)
        table["fold"] = 3 - table["fold"]
        table.to_parquet(tmp_path / OUT_OF_FOLD, index=False)
        add_file(fold, tmp_path / OUT_OF_FOLD)
    for arguments, message in (
        ([folded, other], "not cross-validations of the same images on the same folds"),
        ([folded], "Give two or more folders"),
        ([folded, ROOT / "models"], "models holds no finished cross-validation"),
    ):
        refused = run("difference", *arguments)
        assert (refused.returncode, message in refused.stderr) == (2, True), refused.stderr


def test_compare_is_complete_paired_and_goes_on(phantoms: Path, tmp_path: Path) -> None:
    output = tmp_path / "new" / "compare.json"
    # Of this recipe, whose second task needs a base that trains, a linear head takes next to nothing.
    recipe = ["--recipe", "compact", *BASE]
    arguments = ["compare", phantoms, "--output", output, *recipe, "--repeats", 3, "--seed", 5]
    process = start(*arguments)
    assert process.stderr is not None
    next(line for line in process.stderr if line.startswith("Computing frozen features"))
    process.kill()
    process.communicate()
    assert not output.exists()
    finished = succeed(*arguments, "--resume")
    assert "Computing frozen features" not in finished.stderr
    assert [path.name for path in output.parent.iterdir()] == ["compare.json"]
    content = json.loads(output.read_text())
    assert (content["repeats"], content["seed"]) == (3, 5)
    masks = len(list(phantoms.rglob("*_mask*.png")))
    assert (content["images"], content["masks"]) == (95, masks)
    assert set(content["recipe"]) == {"backbone", "weights", "preprocessing", "input_scaling"}
    assert (content["recipe"]["backbone"], content["recipe"]["weights"]) == ("tiny", "none")
    assert "of the recipe only the backbone (tiny), its weights" in finished.stderr
    for protocol in PROTOCOLS:
        figures = content["protocols"][protocol]["figures"]
        assert set(figures) == set(FIGURES)
        for figure in figures.values():
            assert len(figure["values"]) == 3
            assert figure["mean"] == pytest.approx(np.mean(figure["values"]))
            assert figure["standard_deviation"] == pytest.approx(np.std(figure["values"], ddof=1))
            assert 0 <= figure["low"] <= figure["mean"] <= figure["high"] <= 1
            assert figure["low"] < figure["high"]
    assert [(pair["minuend"], pair["subtrahend"]) for pair in content["differences"]] == list(PAIRS)
    for pair in content["differences"]:
        for name, gap in pair["figures"].items():
            one, two = (content["protocols"][pair[end]]["figures"][name] for end in ("minuend", "subtrahend"))
            np.testing.assert_allclose(gap["values"], np.subtract(one["values"], two["values"]))
    kinds = {kind: part["pictures"] for kind, part in content["paper_test_part"].items()}
    assert set(kinds) == set(KINDS)
    assert content["protocols"]["paper"]["test"] == pytest.approx(
        kinds["masks"]
        + kinds["pictures with a copy in training"]
        + kinds["pictures without a copy in training"]
    )
    for sentence in content["sentences"]:
        assert sentence in " ".join(finished.stdout.split())
    assert "Nadeau and Bengio" in content["interval"]


@pytest.mark.slow
def test_compare_whole_goes_on_and_leaves_its_bundles(phantoms: Path, tmp_path: Path) -> None:
    output = tmp_path / "whole.json"
    recipe = [*BASE, "--fine-tune", "all", "--epochs", 2, "--batch-size", 16]
    arguments = ["compare", phantoms, "--output", output, "--whole", *recipe]
    process = start(*arguments)
    assert process.stderr is not None
    next(line for line in process.stderr if line.startswith("Protocol naive, seed 0"))
    process.kill()
    process.communicate()
    finished = succeed(*arguments, "--resume")
    assert "Epoch 1/2" in finished.stderr
    content = json.loads(output.read_text())
    assert (content["mode"], content["repeats"]) == ("whole network", 1)
    for protocol in PROTOCOLS:
        manifest = open_bundle(tmp_path / "whole-bundles" / f"{protocol}-seed-0").manifest
        accuracy = content["protocols"][protocol]["figures"]["accuracy"]
        assert accuracy["values"] == [manifest.metrics.accuracy.value]
        assert accuracy["high"] == manifest.metrics.accuracy.high
        assert accuracy["standard_deviation"] is None
    assert not (tmp_path / "whole.json.partial").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cross-validate", "{data}", "--output", "{tmp}/x", *BASE, "--folds", 24], "a split into 24 needs"),
        (["cross-validate", "{data}", "--output", "{tmp}/x", "--folds", 1], "Invalid value for '--folds'"),
        (["cross-validate", "{data}", "--output", "{tmp}"], "exists already"),
        (["cross-validate", "{data}", "--output", "{tmp}/x", "--protocol", "paper"], "No such option"),
        (["compare", "{data}", "--output", "{tmp}/x", "--epochs", 3], "--epochs changes nothing"),
        (["compare", "{data}", "--output", "{tmp}/x", "--augmentation", "none"], "or add --whole"),
        (["compare", "{data}", "--output", "{tmp}/x", "--resume"], "nothing to resume"),
        (["compare", "{data}", "--output", "{tmp}/x", "--repeats", 0], "Invalid value for '--repeats'"),
    ],
    ids=lambda value: "-".join(map(str, value))[:50] if isinstance(value, list) else "",
)
def test_mistakes_are_one_line_on_stderr(
    arguments: list[object], message: str, phantoms: Path, tmp_path: Path
) -> None:
    finished = run(*(str(text).format(tmp=tmp_path, data=phantoms) for text in arguments))
    assert finished.returncode == 2
    assert message in finished.stderr
    assert [line for line in finished.stderr.splitlines() if line.startswith("Error: ")] == (
        finished.stderr.splitlines()[-1:]
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["cross-validate", "compare"])
def test_help_shows_an_example(command: str) -> None:
    assert f"python train_cli.py {command} " in succeed(command, "--help").stdout


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
