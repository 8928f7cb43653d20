"""Near-duplicates: the same image, saved again with other settings, cropped, turned or mirrored."""
