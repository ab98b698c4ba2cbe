"""Simulated conversations with exact ground truth: dyads, listeners' reactions, voices."""
