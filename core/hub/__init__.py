"""Bundles, data sets and the app, to and from the Hugging Face Hub."""
