"""A data set on the Hub of the tests: its files, and what of them is opened."""

import io
import json
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from huggingface_hub import CommitOperationAdd, HfApi
from PIL import Image

from core.data.provenance import DataSource
from core.experiments import data_source

REPO = "ann/scans"
DATA = f"hf://datasets/{REPO}"
CLASSES = ("benign", "malignant", "normal")
CARD = b"---\nlicense: cc-by-4.0\n---\n# Scans\n"


def png(number: int) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 256, (40, 40), np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def images(pattern: str = "{label}/{number}.png") -> dict[str, bytes]:
    return {
        pattern.format(label=label, number=number): png(10 * row + number)
        for row, label in enumerate(CLASSES)
        for number in range(3)
    }


def upload(hub, files: dict[str, bytes], card: bytes = CARD) -> str:
    """Upload as a user of the real client does, so that images and tables become LFS objects."""
    api = HfApi(endpoint=hub.endpoint, token=hub.tokens["write"])
    api.create_repo(REPO, repo_type="dataset", exist_ok=True)
    added = [CommitOperationAdd(path, data) for path, data in (files | {"README.md": card}).items()]
    commit = api.create_commit(REPO, added, commit_message="Scans", repo_type="dataset").oid
    hub.log.clear()
    return commit


def table(rows: list[dict], **features: object) -> bytes:
    """A Parquet file as the datasets library writes it."""
    made = pa.Table.from_pylist(rows)
    if features:
        made = made.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    file = io.BytesIO()
    pq.write_table(made, file)
    return file.getvalue()


class Opened(NamedTuple):
    folder: Path
    data: DataSource


def opened(data: str = DATA):
    """The folder, and each step that was told to be done."""
    said = []
    found = data_source._find(
        data, {}, lambda what, done, total: said.extend([what] if done == total else [])
    )
    return Opened(found.path, found.data), said


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return buffer.getvalue()
