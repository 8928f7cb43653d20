"""Where the project and the data shared beside it lie."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # so that ``python tests/support/FILE.py`` finds the program
