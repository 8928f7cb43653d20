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

    def value(name: str, kind: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, [])

    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Sin", ["x"], ["y"])],
        "body",
        [value("i", TensorProto.INT64), value("go", TensorProto.BOOL), value("x", TensorProto.FLOAT)],
        [value("on", TensorProto.BOOL), value("y", TensorProto.FLOAT)],
    )
    nodes = [
        helper.make_node("ReduceMax", ["image"], ["start"], keepdims=0),
        helper.make_node("Loop", ["times", "", "start"], ["end"], body=body),
    ]
    put_first(model, nodes, {"times": np.array(2**60)}, "end")


def fold_for_ever(model: onnx.ModelProto) -> None:
    """Multiply large constants with one another, which could be done while the graph is being loaded."""
    value = helper.make_tensor("value", TensorProto.FLOAT, [1], [1 / 1024])
    nodes = [helper.make_node("ConstantOfShape", ["square"], ["product 0"], value=value)]
    for number in range(2000):
        factors = [f"product {number}", "product 0"]
        nodes.append(helper.make_node("MatMul", factors, [f"product {number + 1}"]))
    nodes.append(helper.make_node("ReduceMax", ["product 2000"], ["most"], keepdims=0))
    put_first(model, nodes, {"square": np.array([1024, 1024])}, "most")
