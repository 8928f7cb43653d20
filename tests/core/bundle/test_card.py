"""The model card, and the metadata that the Hub reads from it."""

import re
import subprocess
import sys

import pytest
from bundles import make_bundle
from hostile_names import CLASSES, DATA, HOST, NAME, make_hostile_bundle
from huggingface_hub import HfApi, ModelCard
from markdown_it import MarkdownIt
from paths import ROOT

from core.bundle.card import render
from core.bundle.folder import read_manifest
from core.bundle.limitations import NO_OPERATING_POINT
from core.bundle.manifest import CARD
from core.data.duplicates.measured import FOUND_AT_FIRST, describe


@pytest.fixture
def manifest(tmp_path):
    return make_bundle(tmp_path / "tiny")


def test_the_metadata_is_what_the_hub_shows(manifest):
    data = ModelCard(render(manifest)).data
    assert data.pipeline_tag == "image-classification"
    results = {result.metric_type: result for result in data.eval_results}
    accuracy = results["accuracy"]
    assert accuracy.metric_value == manifest.metrics.accuracy.value
    assert accuracy.metric_args == {"interval_95": [0.5, 0.9]}
    assert (accuracy.dataset_name, accuracy.dataset_split) == ("phantom, protocol clean", "test")
    assert set(results) == {"accuracy", "balanced_accuracy", "f1", "roc_auc", "brier_score"}


def test_a_card_without_a_positive_class_says_what_it_lacks(manifest, tmp_path):
    assert "No operating point" not in render(manifest)
    text = render(make_bundle(tmp_path / "neutral", positive_class=None))
    assert f"\n\n{NO_OPERATING_POINT}\n\n" in text
    assert "at threshold" not in text


def test_a_clean_card_says_which_changes_hide_a_near_duplicate(manifest):
    present = manifest.model_copy(update={"near_duplicate_search": 2})
    assert f"\n\n{describe()}" in render(present)
    assert describe() not in render(present.model_copy(update={"protocol": "naive"}))
    # The data of earlier bundles were split by an earlier search.
    assert f"\n\n{FOUND_AT_FIRST}" in render(manifest)


def test_the_hub_accepts_the_metadata(manifest, hub):
    HfApi(endpoint=hub.endpoint)._validate_yaml(render(manifest))
    assert hub.requests("POST /api/validate-yaml")[0].status == 200


def rendered(text):
    """The card's body as a browser shows it."""
    return MarkdownIt("commonmark").enable("table").render(ModelCard(text).text)


def tables(html):
    """Every table, as a list of rows of words."""
    rows = [re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL) for table in html.split("<table>")[1:]]
    cells = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)
    return [[[re.sub("<.*?>", "", cell) for cell in cells.findall(row)] for row in table] for table in rows]


@pytest.mark.parametrize("names", [("benign", "malignant", "normal"), ("a|b", "malignant", "*c*")])
def test_it_renders_with_the_confusion_matrix_as_a_table(tmp_path, names):
    manifest = make_bundle(tmp_path / "tiny")
    metrics = manifest.metrics.model_copy(
        update={"per_class": dict(zip(names, manifest.metrics.per_class.values(), strict=True))}
    )
    manifest = manifest.model_copy(
        update={"class_names": names, "metrics": metrics, "counts": {"test": dict.fromkeys(names, 4)}}
    )
    html = rendered(render(manifest))
    assert html.count("<h1>") == 1
    assert re.findall("<h2>(.*?)</h2>", html) == [
        *("Evaluation protocol", "Results", "Data", "Training"),
        *("How far calibration and prediction sets hold", "Limitations"),
    ]
    assert "<strong>Not a medical device.</strong>" in html
    (matrix,) = [table for table in tables(html) if table[0][0] == "true \\ predicted"]
    assert matrix[0][1:] == list(names)
    for name, row, counts in zip(names, matrix[1:], manifest.metrics.confusion_matrix, strict=True):
        assert row == [name, *map(str, counts)]


def test_a_metric_that_is_not_defined(manifest):
    metrics = manifest.metrics.model_copy(
        update=dict.fromkeys(("accuracy", "balanced_accuracy", "macro_f1", "auc", "brier_score", "log_loss"))
    )
    text = render(manifest.model_copy(update={"metrics": metrics}))
    assert "| Accuracy | not defined |" in text
    assert ModelCard(text).data.eval_results is None


def test_the_card_has_protocol_metrics_command_and_versions(manifest):
    text = render(manifest)
    for expected in (
        "A classifier of breast ultrasound images into benign, malignant, normal",
        "Not a medical device",
        "Protocol `clean`: Images are split by near-duplicate groups; no near-duplicate of a test image",
        "The results hold for images like those of the test set",
        "| Accuracy | 0.750 (0.500–0.900) |",
        "| Sensitivity of malignant at threshold 0.300 | 0.750 (0.500–0.900) |",
        manifest.command,
        "seed 0, epoch 3 of 3 (the best on the validation set)",
        f"onnxruntime {manifest.versions['onnxruntime']}",
        "Licence of the data: MIT. Citation: simulated by core/data/phantom/simulate.py.",
        "| train | 6 | 6 | 6 |",
    ):
        assert expected in text
    for name, row in zip(manifest.class_names, manifest.metrics.confusion_matrix, strict=True):
        assert f"| **{name}** | {' | '.join(map(str, row))} |" in text


def test_the_command_writes_the_card_of_each_bundle(tmp_path):
    folders = [tmp_path / name for name in ("one", "two")]
    expected = [render(make_bundle(folder, name=folder.name)) for folder in folders]
    subprocess.run([sys.executable, "-m", "core.bundle.card", *folders], cwd=ROOT, check=True)
    assert [(folder / CARD).read_text() for folder in folders] == expected


def test_hostile_names_are_text_in_the_card_and_in_its_metadata(tmp_path, hub):
    make_hostile_bundle(tmp_path / "hostile")
    manifest = read_manifest(tmp_path / "hostile")
    text = render(manifest)
    card = ModelCard(text)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(card.text)
    inside = {token.type for each in tokens for token in each.children or []}
    assert inside <= {"text", "text_special", "softbreak", "strong_open", "strong_close", "code_inline"}
    (matrix,) = [table for table in tables(rendered(text)) if table[0][0] == "true \\ predicted"]
    assert [len(row) for row in matrix] == [len(CLASSES) + 1] * len(matrix)
    assert not [token for token in tokens if token.type in {"html_block", "hr", "code_block", "list_item"}]
    assert [token.content.count(HOST) for token in tokens if token.type == "fence"] == [1]
    assert {result.dataset_name for result in card.data.eval_results} == {f"{DATA}, protocol clean"}
    assert card.data.model_name == NAME
    HfApi(endpoint=hub.endpoint)._validate_yaml(text)
    # A name of nothing that an identifier may have.
    nothing = manifest.data.model_copy(update={"name": "!!!"})
    text = render(manifest.model_copy(update={"data": nothing}))
    assert ModelCard(text).data.eval_results[0].dataset_type == "data"
