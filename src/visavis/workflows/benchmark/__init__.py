"""Whole benchmarks of published systems, on any corpus."""
