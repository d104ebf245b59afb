"""Benchmarks at the stage of the picture: every prompt planned once, drawn by each arm, scored."""
