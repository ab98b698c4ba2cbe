"""What people do while they talk: events of behaviour, and the motion that performs them."""
