"""Untrusted bytes become RGB pixels, and pixels become the square that the network sees."""
