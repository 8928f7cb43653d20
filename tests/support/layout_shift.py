"""The sizes of screens that every page is tried at, and how much moves on them by itself."""

import pytest

SIZES = {"desktop": (1440, 900), "tablet": (1024, 768), "phone": (390, 844)}
# The tablet is between the two others.
MOST_SIZES = ("desktop", pytest.param("tablet", marks=pytest.mark.slow), "phone")
MOST_SHIFT = 0.1
# The Layout Instability API: the sum of the shifts that no key or click of the visitor caused.
WATCH = """
window.shift = 0
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value
}).observe({ type: "layout-shift", buffered: true })
"""
