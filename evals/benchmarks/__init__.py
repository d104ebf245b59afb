"""Public benchmarks of prompts: their upstream files read as they are, and scores of plans."""
