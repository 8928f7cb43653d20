"""Performance, as ratios measured in one run: ``make bench``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
