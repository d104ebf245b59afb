"""What regions cost: every way to draw them, timed against plain FLUX and held to its count of operations."""
