"""Scorers of pictures: each is a pure function of a picture and what was asked for, to metrics."""
