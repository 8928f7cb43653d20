"""Training histories to draw and to describe."""

import pandas as pd

from core.bundle.history import Run
from core.paper import statements

TABLE_3 = Run("the paper", statements.history(), statements.BEST_EPOCH)


def made(**columns) -> Run:
    """A run of four epochs that overfits from the third on, with a change of the learning rate."""
    table = {
        "epoch": [1, 2, 3, 4],
        "loss": [1.0, 0.6, 0.4, 0.2],
        "accuracy": [0.5, 0.7, 0.8, 0.9],
        "val_loss": [0.9, 0.5, 0.6, 0.8],
        "val_accuracy": [0.6, 0.7, 0.7, 0.65],
        "learning_rate": [0.01, 0.01, 0.001, 0.001],
        "seconds": [5.0, 2.0, 2.0, 1.0],
    }
    return Run("made", pd.DataFrame(table | columns), 2)
