"""Chat completions from any OpenAI-compatible endpoint, whatever it supports and however its model writes."""
