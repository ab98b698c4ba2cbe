"""Complete jobs, from the user's files to the user's files."""
