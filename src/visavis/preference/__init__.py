"""What people prefer: studies in which they choose between two."""
