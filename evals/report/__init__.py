"""Runs of pictures as one page that needs no network."""
