"""Faces and bodies tracked by other systems, read from the files that they or their users write."""
