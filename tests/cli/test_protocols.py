"""Comparisons of protocols, recipes and runs, on phantoms."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import TINY, refuse, start, succeed, succeed_alone
from paths import ROOT

from core.bundle.folder import add_file, open_bundle
from core.bundle.manifest import OUT_OF_FOLD
from core.data.provenance import PROTOCOLS
from core.evaluation.protocol_comparison import KINDS, METRICS, PAIRS

pytestmark = pytest.mark.xdist_group("cli")


@pytest.mark.slow
def test_compare_is_complete_paired_and_goes_on(phantoms: Path, tmp_path: Path) -> None:
    output = tmp_path / "new" / "compare.json"
    # Of this recipe, whose second task needs a base that trains, a linear head takes next to nothing.
    recipe = ["--recipe", "recommended", *TINY]
    arguments = ["compare", phantoms, "--output", output, *recipe, "--repeats", 3, "--seed", 5]
    process = start(*arguments)
    assert process.stderr is not None
    next(line for line in process.stderr if line.startswith("Computing frozen features"))
    process.kill()
    process.communicate()
    assert not output.exists()
    finished = succeed_alone(*arguments, "--resume")
    assert "Computing frozen features" not in finished.stderr
    assert [path.name for path in output.parent.iterdir()] == ["compare.json"]
    content = json.loads(output.read_text())
    assert (content["repeats"], content["seed"]) == (3, 5)
    masks = len(list(phantoms.rglob("*_mask*.png")))
    assert (content["images"], content["masks"]) == (95, masks)
    assert set(content["recipe"]) == {"backbone", "weights", "preprocessing", "input_scaling"}
    assert (content["recipe"]["backbone"], content["recipe"]["weights"]) == ("tiny", "none")
    assert "uses only the recipe's backbone (tiny), weights and preprocessing" in finished.stderr
    for protocol in PROTOCOLS:
        figures = content["protocols"][protocol]["metrics"]
        assert set(figures) == set(METRICS)
        for figure in figures.values():
            assert len(figure["values"]) == 3
            assert figure["mean"] == pytest.approx(np.mean(figure["values"]))
            assert figure["standard_deviation"] == pytest.approx(np.std(figure["values"], ddof=1))
            assert 0 <= figure["low"] <= figure["mean"] <= figure["high"] <= 1
            assert figure["low"] < figure["high"]
    assert [(pair["minuend"], pair["subtrahend"]) for pair in content["differences"]] == list(PAIRS)
    for pair in content["differences"]:
        for name, gap in pair["metrics"].items():
            one, two = (content["protocols"][pair[end]]["metrics"][name] for end in ("minuend", "subtrahend"))
            np.testing.assert_allclose(gap["values"], np.subtract(one["values"], two["values"]))
    kinds = {kind: part["files"] for kind, part in content["paper_test_set"].items()}
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
    recipe = [*TINY, "--fine-tune", "all", "--epochs", 2, "--batch-size", 16]
    arguments = ["compare", phantoms, "--output", output, "--whole", *recipe]
    process = start(*arguments)
    assert process.stderr is not None
    next(line for line in process.stderr if line.startswith("Protocol naive, seed 0"))
    process.kill()
    process.communicate()
    finished = succeed_alone(*arguments, "--resume")
    assert "Epoch 1/2" in finished.stderr
    content = json.loads(output.read_text())
    assert (content["mode"], content["repeats"]) == ("whole network", 1)
    for protocol in PROTOCOLS:
        manifest = open_bundle(tmp_path / "whole-bundles" / f"{protocol}-seed-0").manifest
        accuracy = content["protocols"][protocol]["metrics"]["accuracy"]
        assert accuracy["values"] == [manifest.metrics.accuracy.value]
        assert accuracy["high"] == manifest.metrics.accuracy.high
        assert accuracy["standard_deviation"] is None
    assert not (tmp_path / "whole.json.partial").exists()


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
        assert content["runs"]["folded"]["metrics"][name] == pooled[name]
    nothing, gap = content["differences"][0]["metrics"], content["differences"][1]["metrics"]
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
    assert "not distinguishable from zero" in content["sentences"][0]


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
        assert message in refuse("difference", *arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "{data}", "--epochs", 3], "--epochs has no effect"),
        (["compare", "{data}", "--augmentation", "none"], "or add --whole"),
        (["compare", "{data}", "--resume"], "nothing to resume"),
        (["compare", "{data}", "--repeats", 0], "Invalid value for '--repeats'"),
        (["search", "{data}", "{tmp}/no.json"], "no.json"),
        (["search", "{data}", "{tmp}/no.json", "--folds", 1], "Invalid value for '--folds'"),
    ],
    ids=lambda value: "-".join(map(str, value))[:40] if isinstance(value, list) else "",
)
def test_mistakes_are_one_line_on_stderr(
    arguments: list[object], message: str, phantoms: Path, tmp_path: Path
) -> None:
    assert message in refuse(
        *(str(text).format(tmp=tmp_path, data=phantoms) for text in arguments), "--output", tmp_path / "x"
    )
    assert not list(tmp_path.iterdir())
