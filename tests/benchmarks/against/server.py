"""The app's server inside one checkout: start, first visit of every page, a classified upload, memory."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

from client import Client

PATIENCE = 60  # seconds
PREDICTED = ("Predicted class", "Most probable")  # how a prediction begins, in the new and the old checkout


def main(images: Path) -> dict[str, float]:
    """Return cost by row name. The working directory is the checkout."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("--server.port", str(port), "--server.address", "127.0.0.1")
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", *options]
    start = time.perf_counter()
    server = subprocess.Popen([*command, "--server.headless", "true"], stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_healthy(address, server)
        healthy = time.perf_counter()
        for page in ["", *sorted(path.stem for path in Path("pages").glob("*.py"))]:
            with Client(address, page):
                pass
        visited = time.perf_counter()
        with Client(address, "classify") as client:
            opened = time.perf_counter()
            texts = client.upload("x.png", (images / "benign" / "benign (1).png").read_bytes())
            classified = time.perf_counter()
        if not any(text.startswith(PREDICTED) for text in texts):
            raise RuntimeError(texts)
        status = Path(f"/proc/{server.pid}/status").read_text()
    finally:
        server.terminate()
        server.wait()
    return {
        "server: start to healthy, s": healthy - start,
        "server: first visit of every page, s": visited - healthy,
        "server: first uploaded image, s": classified - opened,
        "server: peak memory, MB": int(status.split("VmHWM:")[1].split()[0]) / 1024,
    }


def _wait_until_healthy(address: str, server: subprocess.Popen[bytes]) -> None:
    end = time.perf_counter() + PATIENCE
    while time.perf_counter() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=PATIENCE) as answer:  # noqa: S310 - ours
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.01)
    raise RuntimeError("the server did not start")


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))  # noqa: T201
