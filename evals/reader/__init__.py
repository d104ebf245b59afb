"""How the reader is taught: readings, model, training, export. Not in the wheel."""
