"""The static page: bytes of a visit, seconds until it shows something, milliseconds an image.

``python -m tests.benchmarks.static_page`` prints a table for each embedded model.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
from browser import chromium, visitor
from image_files import encoded
from paths import ROOT
from PIL import Image
from sites import choose, opened, payload, served, settled, write_site

from core.bundle.folder import open_bundle
from core.bundle.manifest import MODEL
from core.data.phantom.simulate import CLASSES, simulate
from core.files import size_in_words
from core.images.decode import decode
from core.inference.classifier import Classifier
from core.inference.examine import examine
from core.inference.onnx_graph import OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

ROUNDS, IMAGES = 3, 12
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
# The network alone, on a thread of its own, as the page runs it.
RUN = """async ([side, rounds]) => {
    const code = `
        const { open } = await import("${new URL("network.js", document.baseURI)}");
        const base = "${document.baseURI}";
        const bytes = async (name) => new Uint8Array(await (await fetch(new URL(name, base))).arrayBuffer());
        const [model, binary] = [await bytes("model.onnx"), await bytes("ort/ort-wasm-simd-threaded.wasm")];
        const run = await open(model, binary, base);
        const [side, data] = [${side}, new Uint8Array(3 * ${side} * ${side}).fill(99)];
        const image = { width: side, height: side, data };
        let best = Infinity;
        for (let round = 0; round < ${rounds}; round++) {
            const start = performance.now();
            await run(image);
            best = Math.min(best, performance.now() - start);
        }
        postMessage(best);`;
    const blob = new Blob([code], { type: "text/javascript" });
    const worker = new Worker(URL.createObjectURL(blob), { type: "module" });
    return await new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); });
}"""


def images() -> dict[str, bytes]:
    """Return images to classify."""
    drawn = (simulate(CLASSES[seed % 3], np.random.default_rng(seed)).image for seed in range(IMAGES))
    return {f"{number}.png": encoded(Image.fromarray(image)) for number, image in enumerate(drawn)}


def of_model(name: str) -> Iterator[tuple[str, str]]:
    """Measure the page of an embedded model: what, and how much of it."""
    bundle = ROOT / "models" / name
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        site = write_site(bundle, Path(folder) / "site")
        asked: list[str] = []
        # Without a service worker, which goes on to fetch the files of the other pages.
        with served(site, asked) as address, visitor(browser, service_workers="block") as page:
            opened(page, address)
        fetched = {path.partition("?")[0].strip("/") or "index.html" for path in asked}
        yield "bytes until the first prediction", _bytes([site / path for path in fetched])
        yield "bytes of all pages, kept for later visits", _bytes(list(site.rglob("*")))
        painted, first = zip(*(_first_visit(browser, site) for _ in range(ROUNDS)), strict=True)
        yield "seconds until the page is painted", f"{min(painted):.2f}"
        yield "seconds until the first prediction", f"{min(first):.2f}"
        with served(site) as address, visitor(browser) as page:
            opened(page, address)
            side = open_bundle(bundle).manifest.recipe.preprocessing.image_size
            yield "ms of the network, in the browser", f"{page.evaluate(RUN, [side, IMAGES]):.0f}"
            yield "ms of the network, native, one thread", f"{_native(bundle, side):.0f}"
            yield "ms an image, in the browser", f"{_best(lambda: _choose(page)) / IMAGES:.0f}"
        yield "ms an image, in the app", f"{_best(lambda: _in_python(bundle)) / IMAGES:.0f}"


def _bytes(paths: list[Path]) -> str:
    files = [path.read_bytes() for path in paths if path.is_file()]
    compressed = sum(len(gzip.compress(content, 6)) for content in files)
    return f"{size_in_words(compressed)} ({size_in_words(sum(map(len, files)))} not compressed)"


def _first_visit(browser: object, site: Path) -> tuple[float, float]:
    """Return the seconds until something is painted, and until an image chosen at once has a prediction."""
    name, content = next(iter(images().items()))
    with served(site) as address, visitor(browser) as page:  # type: ignore[arg-type]
        start = time.monotonic()
        page.goto(address)
        page.set_input_files("#files", [payload(name, content)])
        page.locator("#strip li").wait_for()
        return float(page.evaluate(PAINTED)), time.monotonic() - start


def _choose(page: Page) -> None:
    choose(page, images())
    settled(page)
    page.click("#remove-all")


def _in_python(bundle: Path) -> None:
    classifier = Classifier(open_bundle(bundle))
    for name, content in images().items():
        pixels = decode(content, name).pixels
        examine(pixels, classifier.bundle.manifest.shared_frames)
        classifier.classify(pixels)


def _native(bundle: Path, side: int) -> float:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(bundle / MODEL, options, providers=["CPUExecutionProvider"])
    image = np.full((1, side, side, 3), 99, np.float32)
    return min(_milliseconds(lambda: session.run(OUTPUTS, {"image": image})) for _ in range(IMAGES))


def _best(work: Callable[[], object]) -> float:
    return min(_milliseconds(work) for _ in range(ROUNDS))


def _milliseconds(work: Callable[[], object]) -> float:
    start = time.monotonic()
    work()
    return 1000 * (time.monotonic() - start)


if __name__ == "__main__":
    for model in sys.argv[1:] or ("phantom", "busi-busbra"):
        for what, how_much in of_model(model):
            print(f"{model}: {what}: {how_much}", flush=True)  # noqa: T201
