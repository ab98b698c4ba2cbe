"""Talks: turns that are made as they are said, and both people as they say them."""
