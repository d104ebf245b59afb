"""A vision language model that judges pictures."""
