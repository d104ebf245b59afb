"""Grids over the settings of regions: pictures, curves, tables, and settings that are fitted to them."""
