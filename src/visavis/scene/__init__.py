"""From words to positions: where the two people are, which way they face, and the cameras."""
