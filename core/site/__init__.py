"""A bundle as a static page: files only, classification in the visitor's own browser."""
