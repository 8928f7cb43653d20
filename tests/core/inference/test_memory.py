"""Memory that was used once goes back to the system."""

import subprocess
import sys

import pytest
from paths import ROOT

from core.inference import memory

CODE = """
import threading
from core.inference import memory

def resident():
    lines = open("/proc/self/status")
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024

def use_much():
    kept = []
    for _ in range(10):
        pieces = [bytearray(10_000) for _ in range(5_000)]
        kept.append(pieces[1_000:4_000:500])
    return kept

memory.limit_malloc_cache()
bytearray(2**25 - 2**13)  # from here on, glibc would keep as much by itself
before, kept = resident(), []
threads = [threading.Thread(target=lambda: kept.append(use_much())) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
memory.release_memory()
print(resident() - before)
"""


@pytest.mark.skipif(memory._glibc() is None, reason="another allocator than glibc's")
def test_what_threads_have_freed_goes_back_to_the_system() -> None:
    root = ROOT
    run = subprocess.run([sys.executable, "-c", CODE], cwd=root, capture_output=True, text=True, check=True)
    assert float(run.stdout) < 20, "MB, of the 200 that were used at once"
