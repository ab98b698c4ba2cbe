"""What the tests of trainings share."""

import pytest


@pytest.fixture(autouse=True)
def quick_measuring():
    """Two batches held out tell the better of two models of toys as well as eight."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("visavis.training.trained.HELD_OUT_BATCHES", 2)
        yield
