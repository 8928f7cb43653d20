"""Print every performance figure, most as a ratio measured in one run: `make bench`."""

from tests.benchmarks import augmentation, duplicates, pages, pipeline

for benchmark in (augmentation, duplicates, pages, pipeline):
    for what, ratio, demand in benchmark.run():
        print(f"{ratio:8.2f}  (wanted: {demand})  {what}", flush=True)  # noqa: T201
