"""Nobody's eyes stay open until they are dry."""

import numpy as np
from behavior_toys import speaker

from visavis.behavior.drawing.blinks import draw_blinks


def test_lids_never_stay_open_for_longer_than_tears_last():
    for seed, rate in enumerate((4.0, 10.0, 20.0)):
        blinks = draw_blinks(np.random.default_rng(seed), speaker(1200), (), rate)
        assert np.diff([0.0, *(blink.start for blink in blinks)]).max() < 11


def test_the_rate_is_kept_where_eyes_do_not_dry():
    blinks = draw_blinks(np.random.default_rng(0), speaker(3600, ()), (), 17.0)
    assert 0.85 * 17 < len(blinks) / 60 < 1.2 * 17
