"""Performance: ``make bench`` measures this checkout, most of it as ratios to a reference in the same run.

``make bench AGAINST=COMMIT`` compares this checkout with another one: see ``against``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
