"""What measures our own weights, our simulator and speed; run as `python -m benchmarks.NAME` from the repository."""
