"""What visavis reads and writes: motion archives, ARKit tables, glTF, VENUS JSON."""
