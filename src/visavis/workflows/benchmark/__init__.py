"""Benchmarks of published systems, on any corpus."""
