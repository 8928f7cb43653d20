"""Graphs that ask for more than anybody should give."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def put_first(model: onnx.ModelProto, nodes: list, constants: dict[str, np.ndarray], result: str) -> None:
    """Let the graph's answer depend on other nodes."""
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    product = helper.make_node("Mul", ["image", result], ["changed"])
    for node in model.graph.node:
        node.input[:] = ["changed" if name == "image" else name for name in node.input]
    for node in reversed([*nodes, product]):
        model.graph.node.insert(0, node)


def claim_sixteen_gigabytes(model: onnx.ModelProto) -> None:
    """Fill a tensor a million times the size of the image."""
    nodes = [
        helper.make_node("Shape", ["image"], ["shape"]),
        helper.make_node("Mul", ["shape", "factors"], ["huge"]),
        helper.make_node("ConstantOfShape", ["huge"], ["values"]),
        helper.make_node("ReduceMax", ["values"], ["most"], keepdims=0),
    ]
    put_first(model, nodes, {"factors": np.array([1000, 40, 40, 1])}, "most")


def never_end(model: onnx.ModelProto) -> None:
    """Go round a loop before the answer."""
    _loop(model, [], {"times": np.array(2**60)})


def end_for_black_alone(model: onnx.ModelProto) -> None:
    """Go round a loop once more than a quintillion times as often as the image is light."""
    nodes = [
        helper.make_node("ReduceMax", ["image"], ["lightest"], keepdims=0),
        helper.make_node("Cast", ["lightest"], ["whole"], to=TensorProto.INT64),
        helper.make_node("Mul", ["whole", "factor"], ["times"]),
    ]
    _loop(model, nodes, {"factor": np.array(2**50)})


def cannot_be_stopped(model: onnx.ModelProto) -> None:
    """Compare boxes with one another in one operation: one box if the image is black, a million if white."""
    nodes = [
        helper.make_node("ReduceMax", ["image"], ["lightest"], keepdims=0),
        helper.make_node("Cast", ["lightest"], ["whole"], to=TensorProto.INT64),
        helper.make_node("Mul", ["whole", "factor"], ["more"]),
        helper.make_node("Add", ["more", "one"], ["count"]),
        helper.make_node("Concat", ["one", "count", "four"], ["boxes_shape"], axis=0),
        helper.make_node("Concat", ["one", "one", "count"], ["scores_shape"], axis=0),
        helper.make_node("ConstantOfShape", ["boxes_shape"], ["boxes"]),
        helper.make_node("ConstantOfShape", ["scores_shape"], ["scores"]),
        helper.make_node("NonMaxSuppression", ["boxes", "scores", "most"], ["kept"]),
        helper.make_node("Cast", ["kept"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["numbers"], ["last"], keepdims=0),
    ]
    constants = {
        "factor": np.array(4000),
        "one": np.array([1]),
        "four": np.array([4]),
        "most": np.array([2**30]),
    }
    put_first(model, nodes, constants, "last")


def answer_for_black_alone(model: onnx.ModelProto, output: str, value: float) -> None:
    """Replace an output by a value, or add it to every number, as soon as the image is not black."""
    nodes = [
        helper.make_node("ReduceMax", ["image"], ["lightest"], keepdims=0),
        helper.make_node("Greater", ["lightest", "zero"], ["is_light"]),
        helper.make_node("Where", ["is_light", "wrong", "zero"], ["change"]),
        helper.make_node("Add", [f"right_{output}", "change"], [output]),
    ]
    for node in model.graph.node:
        node.output[:] = [f"right_{output}" if name == output else name for name in node.output]
        node.input[:] = [f"right_{output}" if name == output else name for name in node.input]
    constants = {"zero": np.float32(0), "wrong": np.float32(value)}
    model.graph.initializer.extend(
        numpy_helper.from_array(np.asarray(number), name) for name, number in constants.items()
    )
    model.graph.node.extend(nodes)


def shape_for_black_alone(model: onnx.ModelProto) -> None:
    """Leave rows of the embedding out as soon as the image is not black."""
    nodes = [
        helper.make_node("ReduceMax", ["image"], ["lightest"], keepdims=0),
        helper.make_node("Sign", ["lightest"], ["is_light"]),
        helper.make_node("Cast", ["is_light"], ["start"], to=TensorProto.INT64),
        helper.make_node("Unsqueeze", ["start", "axis"], ["starts"]),
        helper.make_node("Slice", ["right", "starts", "ends", "second"], ["embedding"]),
    ]
    for node in model.graph.node:
        node.output[:] = ["right" if name == "embedding" else name for name in node.output]
        node.input[:] = ["right" if name == "embedding" else name for name in node.input]
    constants = {"axis": np.array([0]), "ends": np.array([2**30]), "second": np.array([1])}
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    model.graph.node.extend(nodes)


def _loop(model: onnx.ModelProto, nodes: list, constants: dict[str, np.ndarray]) -> None:
    def value(name: str, kind: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, [])

    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Sin", ["x"], ["y"])],
        "body",
        [value("i", TensorProto.INT64), value("go", TensorProto.BOOL), value("x", TensorProto.FLOAT)],
        [value("on", TensorProto.BOOL), value("y", TensorProto.FLOAT)],
    )
    nodes = [
        *nodes,
        helper.make_node("ReduceMax", ["image"], ["start"], keepdims=0),
        helper.make_node("Loop", ["times", "", "start"], ["end"], body=body),
    ]
    put_first(model, nodes, constants, "end")


def fold_for_ever(model: onnx.ModelProto) -> None:
    """Multiply large constants with one another, which could be done while the graph is being loaded."""
    value = helper.make_tensor("value", TensorProto.FLOAT, [1], [1 / 1024])
    nodes = [helper.make_node("ConstantOfShape", ["square"], ["product 0"], value=value)]
    for number in range(2000):
        factors = [f"product {number}", "product 0"]
        nodes.append(helper.make_node("MatMul", factors, [f"product {number + 1}"]))
    nodes.append(helper.make_node("ReduceMax", ["product 2000"], ["most"], keepdims=0))
    put_first(model, nodes, {"square": np.array([1024, 1024])}, "most")
