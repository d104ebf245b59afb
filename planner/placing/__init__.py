"""Placing: boxes for what has none, by relations, places in words and the least move."""
