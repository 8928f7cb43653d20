"""Print every benchmark, most as a ratio measured in one run: ``make bench``."""

from tests.benchmarks import (
    augmentation,
    augmented,
    duplicates,
    first_visit,
    load,
    many_images,
    pages,
    pipeline,
    serving,
    start,
)

for benchmark in (
    augmentation,
    duplicates,
    pages,
    first_visit,
    augmented,
    pipeline,
    serving,
    start,
    load,
    many_images,
):
    for what, ratio, demand in benchmark.run():
        print(f"{ratio:8.2f}  (wanted: {demand})  {what}", flush=True)  # noqa: T201
