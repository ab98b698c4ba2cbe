"""The listener made of retrieved clips."""
