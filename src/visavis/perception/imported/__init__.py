"""Faces and bodies that other systems have found, read from the files that they or their users write."""
