"""The work of the command line on a Ray cluster: the only Ray."""
