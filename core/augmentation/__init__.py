"""Random changes of an image: ranges, sampling, transforms, preview."""
