"""Labels and probabilities become metrics with confidence intervals; no files, no networks."""
