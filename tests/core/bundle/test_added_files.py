"""Files that are added to a finished bundle, by core.bundle.folder."""

import shutil
from pathlib import Path

import pytest
from paths import ROOT

from core.bundle.folder import add_file, open_bundle
from core.errors import UserError


def test_only_optional_files_are_added_to_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"another model")
    bundle = tmp_path / "bundle"
    shutil.copytree(ROOT / "models" / "phantom", bundle)
    with pytest.raises(UserError, match="cannot be added"):
        add_file(bundle, tmp_path / "model.onnx")
    open_bundle(bundle)
