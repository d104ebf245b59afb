"""A language model on this machine: its weights, and llama.cpp as its server."""
