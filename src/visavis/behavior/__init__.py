"""What people in conversation do besides speaking: planned as events, then performed as motion."""
