"""A run with held-out sources stands in ``bundle.json`` where there is one."""

import json
from pathlib import Path

from bundles import make_bundle
from held_out import held_out_run

from core.bundle.folder import read_manifest
from core.bundle.manifest import MANIFEST


def test_a_run_comes_back_from_the_file_and_is_left_out_where_there_is_none(tmp_path: Path) -> None:
    run = held_out_run(Alpha=0.93, Beta=0.84)
    make_bundle(tmp_path / "with", held_out=(run,))
    make_bundle(tmp_path / "without")
    assert read_manifest(tmp_path / "with").held_out == (run,)
    assert "held_out" not in json.loads((tmp_path / "without" / MANIFEST).read_text())
