"""Metrics of subsets of images that are all predicted correctly."""

import numpy as np
from bundles import CLASSES

from core.evaluation.results import SubsetMetrics
from core.evaluation.subsets import measure_subsets


def measured_subsets(values: int) -> tuple[SubsetMetrics, ...]:
    """Metrics of 10 images and more with each value of a column."""
    machines = [f"{value}" for value in range(values) for _ in range(10 + value)]
    truth = np.arange(len(machines)) % 3
    options = {"class_names": CLASSES, "positive_class": "malignant", "threshold": None, "seed": 0}
    return measure_subsets(truth, np.eye(3)[truth], truth, {"device": machines}, **options)
