"""How the reader is trained: readings, model, training, export. Not in the wheel."""
