"""A vision language model as a judge of pictures."""
