"""Long work ends between two pieces once it is not wanted any more."""

from threading import Event

import numpy as np
import pytest

from visavis.cancellation import Cancelled, cancellable, check_cancelled
from visavis.media.audio import SAMPLE_RATE
from visavis.perception.segmentation import local_speakers
from visavis.perception.voice_activity import voice_activity


class AfterSoManyChecks(Event):
    def __init__(self, wanted: int) -> None:
        super().__init__()
        self.left = wanted

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_work_goes_on_until_the_token_is_set():
    token = Event()
    with cancellable(token):
        check_cancelled()
        token.set()
        with pytest.raises(Cancelled):
            check_cancelled()
    check_cancelled()  # other work is not concerned


def test_the_inner_of_two_tokens_counts():
    outer, inner = Event(), Event()
    outer.set()
    with cancellable(outer):
        with cancellable(inner):
            check_cancelled()
        with pytest.raises(Cancelled):
            check_cancelled()


@pytest.mark.parametrize(
    "work", [voice_activity, lambda samples: local_speakers(samples, 25.0, 5.0)], ids=["voice activity", "speakers"]
)
def test_listening_to_a_long_recording_ends_between_two_windows(work):
    samples = np.random.default_rng(0).standard_normal(200 * SAMPLE_RATE).astype(np.float32) * 0.1
    with cancellable(AfterSoManyChecks(2)), pytest.raises(Cancelled):
        work(samples)
