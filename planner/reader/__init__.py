"""The reader: a small model that was taught to find things in English prompts."""
