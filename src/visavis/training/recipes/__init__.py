"""One learner for each of our model families."""
