"""The emotion of what is said."""
