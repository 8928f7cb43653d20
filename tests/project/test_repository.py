"""What the repository must not contain."""

import subprocess

from paths import ROOT


def test_the_project_contains_none_of_the_shared_images_or_weights() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for file in files.splitlines():
        assert "busi/" not in file.lower()
        assert not file.endswith("notop.weights.h5")
