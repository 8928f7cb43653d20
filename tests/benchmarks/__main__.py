"""Print every performance figure as a ratio measured in one run: `make bench`."""

from tests.benchmarks import augmentation, draws, pipeline

for benchmark in (augmentation, draws, pipeline):
    for what, ratio, demand in benchmark.run():
        print(f"{ratio:8.2f}  (wanted: {demand})  {what}", flush=True)  # noqa: T201
