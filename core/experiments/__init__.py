"""What the command line runs: train, cross-validate, compare, search."""
