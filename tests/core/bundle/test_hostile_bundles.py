"""A bundle from an untrusted source: refused with the reason, and what was served before stays in service."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest
from bundles import CLASSES, SIDE, make_bundle
from command_line import refuse
from graphs import (
    answer_for_black_alone,
    claim_sixteen_gigabytes,
    end_for_black_alone,
    fold_for_ever,
    never_end,
)
from image_files import write_noise
from onnx import TensorProto, helper
from visit import REAL, go, words

from core.bundle.folder import BundleError, read_manifest, write_manifest
from core.bundle.manifest import MANIFEST, MODEL, TEST_SET
from core.inference import onnx_graph
from core.inference.classifier import Classifier


def rewrite(folder: Path, change: Callable[[dict], None]) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))


def reseal(folder: Path, **fields) -> None:
    """Make the manifest fit the files again, as a stranger would."""
    write_manifest(folder, **read_manifest(folder).model_dump(exclude={"files", "schema_version"}) | fields)


def rebuilt(folder: Path, change: Callable[[onnx.ModelProto], None]) -> None:
    model = onnx.load(folder / MODEL)
    change(model)
    (folder / MODEL).write_bytes(model.SerializeToString())
    reseal(folder)


def other_input(name: str, kind: int, shape: list) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        del model.graph.input[:]
        model.graph.input.append(helper.make_tensor_value_info(name, kind, shape))
        # The rest of the graph stays as it was.
        nodes = [] if name == "image" and kind == TensorProto.FLOAT else [("Cast", [name], ["image_"])]
        for kind_of_node, inputs, outputs in nodes:
            for node in model.graph.node:
                node.input[:] = ["image_" if n == "image" else n for n in node.input]
            model.graph.node.insert(0, helper.make_node(kind_of_node, inputs, outputs, to=TensorProto.FLOAT))

    return change


def outside_weights(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def flat_saliency(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Flatten", ["saliency"], ["flat_saliency"]))
    output = next(output for output in model.graph.output if output.name == "saliency")
    model.graph.output.remove(output)
    for node in model.graph.node:
        node.output[:] = ["map" if name == "saliency" else name for name in node.output]
        node.input[:] = ["map" if name == "saliency" else name for name in node.input]
    model.graph.node[-1].output[:] = ["saliency"]
    model.graph.output.append(helper.make_tensor_value_info("saliency", TensorProto.FLOAT, None))


def fewer_outputs(model: onnx.ModelProto) -> None:
    model.graph.output.remove(next(o for o in model.graph.output if o.name == "saliency"))


def not_finite(model: onnx.ModelProto) -> None:
    flat = next(tensor for tensor in model.graph.initializer if tensor.name == "flat")
    flat.raw_data = np.full(9, np.nan, np.float32).tobytes()


def more_classes(folder: Path) -> None:
    manifest = read_manifest(folder).model_dump(mode="json")
    metrics = manifest["metrics"]
    metrics["per_class"]["cyst"] = metrics["per_class"]["normal"]
    reseal(
        folder,
        class_names=(*CLASSES, "cyst"),
        metrics=metrics | {"confusion_matrix": np.eye(4, dtype=int).tolist()},
    )


def network(change: Callable[[onnx.ModelProto], None]) -> Callable[[Path], None]:
    return lambda folder: rebuilt(folder, change)


def manifest(change: Callable[[dict], object]) -> Callable[[Path], None]:
    return lambda folder: rewrite(folder, change)


FITS_NOT = "does not fit bundle.json"
HOSTILE = {
    "schema": (manifest(lambda m: m.update(surprise=1)), "surprise"),
    "nested": (lambda folder: (folder / MANIFEST).write_text("[" * 100_000), "not a JSON object"),
    "version": (manifest(lambda m: m.update(schema_version=99)), "schema version 99"),
    "missing": (lambda folder: (folder / TEST_SET).unlink(), "lacks test_set.parquet"),
    "hash": (manifest(lambda m: m["files"][MODEL].update(sha256="0" * 64)), "differs from its entry"),
    "claimed": (manifest(lambda m: m["files"][MODEL].update(size=10 * 2**30)), "differs from its entry"),
    "traversal": (
        manifest(lambda m: m["files"].update({"../../etc/passwd": {"size": 1, "sha256": "0" * 64}})),
        "unknown file",
    ),
    "size": (manifest(lambda m: m["recipe"]["preprocessing"].update(image_size=100_000)), "image_size"),
    "positive": (manifest(lambda m: m.update(positive_class="cyst")), "not among the classes"),
    "classes": (more_classes, FITS_NOT),
    "input-name": (network(other_input("photo", TensorProto.FLOAT, ["N", SIDE, SIDE, 3])), FITS_NOT),
    "input-type": (network(other_input("image", TensorProto.UINT8, ["N", SIDE, SIDE, 3])), FITS_NOT),
    "input-size": (
        network(other_input("image", TensorProto.FLOAT, ["N", 100_000, 100_000, 3])),
        f"{FITS_NOT}|can load",
    ),
    "outputs": (network(fewer_outputs), "lacks the output saliency"),
    "shapes": (network(flat_saliency), FITS_NOT),
    "outside": (network(outside_weights), "all its weights inside the file"),
    "nan": (network(not_finite), FITS_NOT),
    "memory": (network(claim_sixteen_gigabytes), FITS_NOT),
    "endless": (network(never_end), FITS_NOT),
    "endless-constants": (network(fold_for_ever), FITS_NOT),
    "no-network": (lambda folder: ((folder / MODEL).write_bytes(b"x"), reseal(folder)), "can load"),
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Path:
    """A folder of bundles, one sound and the others not."""
    home = tmp_path_factory.mktemp("bundles")
    make_bundle(home / "sound")
    for name, (spoil, _) in HOSTILE.items():
        shutil.copytree(home / "sound", home / name)
        spoil(home / name)
    return home


@pytest.fixture(autouse=True)
def impatient(monkeypatch) -> None:
    monkeypatch.setattr(onnx_graph, "_TRIAL_TIMEOUT", 3)


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_in_a_sentence_that_gives_nothing_away(hostile: Path, name: str, capfd) -> None:
    with pytest.raises(BundleError, match=HOSTILE[name][1]) as caught:
        Classifier.from_bundle(hostile / name)
    assert str(caught.value).isprintable()
    assert str(hostile) not in str(caught.value)
    assert capfd.readouterr() == ("", "")  # ONNX Runtime would print a stranger's words


@pytest.mark.slow
def test_the_reason_is_on_the_page_and_the_model_before_stays_in_service(app, hostile, monkeypatch) -> None:
    monkeypatch.setenv("MODEL", ", ".join(str(hostile / name) for name in ["sound", *HOSTILE]))
    go(app, "pages/classify.py")
    next(button for button in app.button if button.label == "Simulated 1").click().run()
    answer = app.header[0].value
    assert answer.startswith("Predicted class")
    for name, (_, reason) in HOSTILE.items():
        app.sidebar.radio[0].set_value(name).run()
        assert not app.exception
        error = app.error[0]
        assert error.proto.title.replace("\\", "") == f"{name} cannot be used"
        said = error.value.replace("\\", "")
        assert any(part in said for part in reason.split("|"))
        assert said.endswith("Showing sound instead.")
        assert "Model **sound**" in words(app)
        assert app.header[0].value == answer


@pytest.mark.slow
def test_the_stand_in_answers_as_soon_as_a_network_is_out_of_service(
    app, hostile, monkeypatch, tmp_path
) -> None:
    late = tmp_path / "late"
    shutil.copytree(hostile / "sound", late)
    rebuilt(late, end_for_black_alone)
    monkeypatch.setattr(onnx_graph, "_MIN_TIMEOUT", 0.3)
    monkeypatch.setattr(onnx_graph, "_SLOWDOWN", 0)
    monkeypatch.setenv("MODEL", str(late))
    go(app, "pages/classify.py")  # by way of Home, which asks for what influenced its example
    next(button for button in app.button if button.label == "Simulated 1").click().run()
    assert "model.onnx of late did not end within 0 seconds; try again" in app.error[0].value.replace(
        "\\", ""
    )
    assert not app.subheader
    app.run()
    said = app.error[0].value.replace("\\", "")
    assert said == (
        "model.onnx of late is out of service, since 3 predictions in a row did not end in time; use another "
        f"model. Showing {REAL} instead."
    )
    assert app.error[0].proto.title == "late cannot be used"
    assert app.header[0].value.startswith("Predicted class")


def test_an_output_that_is_not_finite_is_said_on_the_page_and_in_the_terminal(
    app, hostile, monkeypatch, tmp_path
) -> None:
    folder = tmp_path / "unsound"
    shutil.copytree(hostile / "sound", folder)
    rebuilt(folder, partial(answer_for_black_alone, output="probabilities", value=np.nan))
    write_noise(tmp_path / "grey.png", size=(40, 40))
    sentence = (
        "model.onnx of unsound gave an output 'probabilities' that is not finite for an image, so there is "
        "no prediction; pull or train it again."
    )
    assert (
        refuse("predict", folder, tmp_path / "grey.png", "--output", tmp_path / "out.csv")
        == f"Error: {sentence}"
    )
    monkeypatch.setenv("MODEL", str(folder))
    go(app, "pages/classify.py")
    next(button for button in app.button if button.label == "Simulated 1").click().run()
    assert app.error[0].value.replace("\\", "") == sentence
    assert not app.subheader
