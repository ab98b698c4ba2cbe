"""What Duet is compared with: the mean pose, random motion, and retrieval."""
