"""What people prefer: studies of any kind, and what is made of their answers."""
