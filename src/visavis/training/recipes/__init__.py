"""One learner for each of our families."""
