"""The simulated data set."""
