"""Events of behaviour as motion."""
