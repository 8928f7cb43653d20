"""What a bundle's graph computes on the way to its probabilities: logits, and those of the mirror image."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import onnx
from scipy.special import softmax

from core.bundle.folder import BundleError
from core.bundle.manifest import MODEL
from core.inference.onnx_graph import batch_size, session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.bundle.folder import Bundle


class InnerOutputs(NamedTuple):
    """Outputs for N images.

    Attributes:
        probabilities: float32 [N, C], calibrated.
        embedding: float32 [N, D], as the graph returns it.
        logits: float32 [N, C], divided by the temperature; averaged over the mirror image where the graph
            averages them.
        disagreement: total variation distance, 0-1, between the probabilities of the image and of its mirror
            image, float64 [N].
    """

    probabilities: NDArray[np.float32]
    embedding: NDArray[np.float32]
    logits: NDArray[np.float32]
    disagreement: NDArray[np.float64]


class InnerGraph:
    """A copy of a bundle's graph that returns the logits too."""

    def __init__(self, bundle: Bundle) -> None:
        """Read the graph and find its logits.

        Args:
            bundle: verified bundle, whose graph this program wrote.

        Raises:
            BundleError: the graph does not end in a softmax.
        """
        model = onnx.load(bundle.folder / MODEL)
        self._temperature = bundle.manifest.decision.temperature
        self._logits, self._of_both = _find_logits(model.graph, bundle.folder.name)
        added = [self._logits] if self._of_both is None else [self._logits, self._of_both]
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in added)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / MODEL
            path.write_bytes(model.SerializeToString())
            self._session = session(path)

    def run(self, images: Sequence[NDArray[np.uint8]]) -> InnerOutputs:
        """Return the outputs for N images at input size, uint8 [S, S, 3] each; N at least 1."""
        size = batch_size(len(images[0]))
        parts = [
            self._run(np.asarray(images[start : start + size], np.float32))
            for start in range(0, len(images), size)
        ]
        return InnerOutputs(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def _run(self, images: NDArray[np.float32]) -> InnerOutputs:
        names = ["probabilities", "embedding", self._logits]
        if self._of_both is None:
            probabilities, embedding, logits = self._session.run(names, {"image": images})
            one = probabilities
            (other,) = self._session.run(["probabilities"], {"image": images[:, :, ::-1]})
        else:
            names.append(self._of_both)
            probabilities, embedding, logits, both = self._session.run(names, {"image": images})
            one, other = np.split(softmax(both / self._temperature, axis=1), 2)
        disagreement = np.abs(one.astype(np.float64) - other).sum(axis=1) / 2
        return InnerOutputs(probabilities, embedding, logits, disagreement)


def _find_logits(graph: onnx.GraphProto, name: str) -> tuple[str, str | None]:
    """Return the tensor under the softmax, and the logits of images and mirror images before their mean.

    The second, [2N, C], is None in a graph that does not average over the mirror image.
    """
    made_by = {output: node for node in graph.node for output in node.output}
    constants = {tensor.name for tensor in graph.initializer}
    last = made_by.get("probabilities")
    if last is None or last.op_type != "Softmax":
        raise BundleError(f"{MODEL} of {name} does not end in a softmax; train it again.")
    under = last.input[0]
    node = made_by.get(under)
    while node is not None and node.op_type in {"Mul", "Div"} and node.input[1] in constants:
        node = made_by.get(node.input[0])  # division by the temperature, and by two
    if node is not None and node.op_type == "Add":
        halves = [made_by.get(part) for part in node.input]
        sliced = {half.input[0] for half in halves if half is not None and half.op_type == "Slice"}
        if len(sliced) == 1:
            return under, sliced.pop()
    return under, None
