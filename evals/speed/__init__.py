"""The cost of regions: every way to draw them, timed beside plain FLUX, and its operations counted."""
