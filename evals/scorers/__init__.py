"""Scorers of pictures: each a pure function of a picture and what was asked for, to metrics."""
