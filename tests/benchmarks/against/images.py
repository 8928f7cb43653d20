"""Write the images that both checkouts work on: ``python -m tests.benchmarks.against.images FOLDER``."""

import sys
from pathlib import Path

from core.data.phantom.dataset import write_dataset

write_dataset(Path(sys.argv[1]), seed=1, counts={"benign": 100, "malignant": 60, "normal": 40})
