"""Chat completions of any OpenAI-compatible endpoint, whatever it takes and however its model writes."""
