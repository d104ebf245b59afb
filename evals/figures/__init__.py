"""The figures that the README shows, and the scripts that make them."""
