"""Fits the simulator's talk to recordings: ``python -m visavis.simulation.dyads.fit --data DIR``.

Distributions are read off telephone calls as quantiles. Rates that come about only when everything works together
(acknowledgements and laughter that keep apart from other speech) are found by simulating with silent voices and
correcting, until the simulated rate is the real one. How people move meanwhile is `visavis.behavior`'s.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from visavis.behavior.curves import FPS
from visavis.behavior.people import draw_habits
from visavis.conversation import Interval, Word
from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.simulation.dyads import parameters as fitted_file
from visavis.simulation.dyads.emotion import draw_moods
from visavis.simulation.dyads.laughing import draw_laughs
from visavis.simulation.dyads.parameters import LEVELS
from visavis.simulation.dyads.recordings import LaughCounts, laughter, telephone_calls
from visavis.simulation.dyads.speech import Speakers, utterances
from visavis.simulation.dyads.turn_statistics import TurnStatistics, count_turns, merge
from visavis.simulation.dyads.turns import Planned, plan_turns
from visavis.simulation.voices import Speech
from visavis.simulation.voices.speech import words_of

ROUNDS = 6
CONVERSATIONS, SECONDS = 45, 180.0
SHORTEST_LAUGH = 0.4
"""Seconds; shorter ones are single puffs of breath."""


class SilentVoice:
    """Says anything at an even pace without a sound."""

    name = "silent"

    def say(self, text: str, seed: int) -> Speech:
        """See `Voice.say`."""
        words = words_of(text)
        pace = 0.26 * float(np.exp(np.random.default_rng(seed).normal(0.0, 0.1)))
        spoken = tuple(Word(w, i * pace, (i + 1) * pace) for i, w in enumerate(words))
        phones = tuple(Interval("AH", w.start, w.end) for w in spoken)
        return Speech(Audio(np.zeros(round(len(words) * pace * SAMPLE_RATE), np.float32)), spoken, phones)


def fit(data: Path) -> dict[str, Any]:
    """All fitted numbers.

    Raises:
        InputError: A recording is missing.
    """
    calls, laughs = merge(telephone_calls(data)), laughter(data)
    numbers = fitted_file.parameters()  # the same object that the simulator reads, so that corrections take hold
    numbers.clear()
    numbers["turns"] = {
        "offset": _quantiles(calls.offsets),
        "spurts_per_turn": _quantiles(calls.turn_spurts),
        "single_spurt": _quantiles(calls.single_spurts),
        "spurt": _quantiles(calls.spurts),
        "pause": _quantiles(calls.pauses),
        "backchannel": _quantiles(calls.backchannels),
        "backchannel_offset": _quantiles(calls.backchannel_offsets),
        "interjection": _quantiles(calls.interjections),
        "backchannel_apart": 1.0,
        "backchannel_chance": len(calls.backchannels) / max(1, len(calls.pauses)),
        "interjection_chance": len(calls.interjections) / max(1, len(calls.spurts)),
    }
    numbers["laughs"] = {
        "length": _quantiles(laughs.lengths[laughs.lengths >= SHORTEST_LAUGH]),
        "shared": laughs.shared / 2,  # either of a shared pair may have come first
        "own_after_spurt": 0.05 * laughs.after_own,
        "other_after_spurt": 0.05 * (1 - laughs.after_own) * laughs.after_other,
    }
    for round_ in range(ROUNDS):
        talks, turns = rehearse(CONVERSATIONS)
        _correct_turns(numbers["turns"], turns, calls)
        _correct_laughs(numbers["laughs"], talks, laughs)
        print(f"round {round_ + 1} of {ROUNDS}", flush=True)
    rounded: dict[str, Any] = _rounded(numbers)
    return rounded


def rehearse(conversations: int) -> tuple[list[list[Planned]], TurnStatistics]:
    """What is said in conversations without sound of `SECONDS` each, the same ones every time."""
    talks, counted = [], []
    for seed in range(conversations):
        rng = np.random.default_rng([seed, 99])
        habits = (draw_habits(rng), draw_habits(rng))
        plan = plan_turns(rng, SECONDS, habits, Speakers(rng, (SilentVoice(), SilentVoice())))
        talks.append(plan.spurts)
        said = [utterances([s for s in plan.spurts if s.person == i], SECONDS) for i in (0, 1)]
        words = [tuple(w for u in mine for w in u.words) for mine in said]
        counted.append(count_turns((words[0], words[1]), SECONDS))
    return talks, merge(counted)


def _correct_turns(numbers: dict[str, Any], ours: TurnStatistics, real: TurnStatistics) -> None:
    _scale(numbers, "backchannel_chance", real.backchannels_per_minute, ours.backchannels_per_minute, most=0.9)
    _scale(
        numbers, "interjection_chance", len(real.interjections) / real.seconds, len(ours.interjections) / ours.seconds
    )


def _correct_laughs(numbers: dict[str, Any], talks: list[list[Planned]], real: LaughCounts) -> None:
    """Both chances together, by how often people laugh."""
    laughed = 0
    for seed, spurts in enumerate(talks):
        rng = np.random.default_rng([seed, 97])
        laughed += sum(map(len, draw_laughs(rng, spurts, draw_moods(rng, int(SECONDS * FPS)), (1.0, 1.0))))
    rate = laughed / (2 * CONVERSATIONS * SECONDS / 60)
    wanted = real.per_minute * float(np.mean(real.lengths >= SHORTEST_LAUGH))
    for name in ("own_after_spurt", "other_after_spurt"):
        _scale(numbers, name, wanted, rate)


def _scale(numbers: dict[str, Any], name: str, want: float, have: float, most: float = 10.0) -> None:
    """Moves a rate toward what it should bring about, half the way on a logarithmic scale."""
    numbers[name] = float(np.clip(numbers[name] * np.clip((want / max(have, 1e-6)) ** 0.7, 0.5, 2.0), 1e-4, most))


def _quantiles(values: Any) -> list[float]:
    return [float(q) for q in np.quantile(np.asarray(values, float), LEVELS)]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(v) for key, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, list) else round(value, 4)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with turn-taking/")
    parser.add_argument("--out", type=Path, default=Path(fitted_file.__file__).with_name("fitted.yaml"))
    given = parser.parse_args()
    try:
        numbers = fit(given.data)
    except InputError as error:
        raise SystemExit(str(error)) from None
    levels = ", ".join(str(level) for level in LEVELS)
    text = (
        "# Written by `python -m visavis.simulation.dyads.fit --data DIR`; see there for what comes from where.\n"
        f"# Lists are quantiles at {levels}; times in seconds.\n"
        + yaml.safe_dump(numbers, sort_keys=False, default_flow_style=None, width=118)
    )
    with atomic_write(given.out) as part:
        part.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
