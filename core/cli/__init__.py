"""Commands, options and tables for the terminal."""
