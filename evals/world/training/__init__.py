"""How tiny-flux and the detector were trained (TRAINING.md). Not in the wheel."""
