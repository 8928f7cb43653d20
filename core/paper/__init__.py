"""The paper's numbers, what they imply, and what was measured beside them."""
