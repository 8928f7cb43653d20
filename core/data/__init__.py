"""Folders, archives and tables become an index, near-duplicate groups and splits."""
