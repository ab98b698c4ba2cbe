"""What two people's tracks hold of each other: the same sound, or copies of the other's voice."""
