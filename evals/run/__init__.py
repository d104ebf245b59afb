"""A benchmark run: its options, the plan stage, the picture stage, rows, and who does the work."""
