"""Benchmarks at the stage of the plan: every prompt planned, scored, and written as a row."""
