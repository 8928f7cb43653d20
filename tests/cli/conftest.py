"""What the tests of the command line share: images, a trained bundle and a cross-validation.

The files that use a training are one xdist group, so that one worker trains each of them once.
"""

import re
from pathlib import Path

import pytest
from command_line import FOLDED, TRAINED, succeed, succeed_alone

from core.data.phantom import dataset as phantom_dataset


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    phantom_dataset.write_dataset(folder, counts={"benign": 40, "malignant": 30, "normal": 25})
    return folder


@pytest.fixture(scope="session")
def trained(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "trained"
    finished = succeed_alone("train", phantoms, "--output", folder, *TRAINED)
    assert "Protocol clean:" in finished.stderr
    assert "The tiny base starts from random weights." in finished.stderr
    # Every line is ours, and none of TensorFlow's.
    assert not re.search("absl|oneDNN|tensorflow/|cpu_feature_guard|WARNING", finished.stderr)
    assert "Accuracy" in finished.stdout
    assert "lesion under 5 %" in finished.stdout
    return folder


@pytest.fixture(scope="session")
def folded(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "folded"
    finished = succeed("cross-validate", phantoms, "--output", folder, *FOLDED)
    assert "All 2 folds pooled" in finished.stdout
    assert "AUC, malignant against benign alone" in finished.stdout
    return folder
