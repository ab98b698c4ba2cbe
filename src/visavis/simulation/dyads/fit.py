"""Fits the simulator to recordings: ``python -m visavis.simulation.dyads.fit --data DIR``.

Distributions are read off the recordings as quantiles. Rates that come about only when everything works together
(acknowledgements that keep apart from other speech, smiles that run into each other) are found by simulating with
silent voices and correcting, until the simulated rate is the real one. What no recording here shows (gaze in a room,
blinks, nods with acknowledgements) is set from the literature in the modules and in `LITERATURE`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from visavis.behavior.curves import FPS, Array
from visavis.conversation import Interval, Word
from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.simulation.dyads import parameters as fitted_file
from visavis.simulation.dyads.emotion import draw_moods
from visavis.simulation.dyads.face_statistics import AU12_OF_SMILE, SmileStatistics, smile_statistics
from visavis.simulation.dyads.nodding import draw_head_gestures
from visavis.simulation.dyads.parameters import LEVELS
from visavis.simulation.dyads.people import draw_traits
from visavis.simulation.dyads.person import SimulatedPerson
from visavis.simulation.dyads.recordings import (
    GAZE_PARTNER,
    VIDEO_FPS,
    SignalCounts,
    dwell_times,
    signal_intervals,
    telephone_calls,
    video_calls,
)  # fmt: skip
from visavis.simulation.dyads.simulator import person_of
from visavis.simulation.dyads.smiles import draw_smiles
from visavis.simulation.dyads.speech import Speakers, utterances
from visavis.simulation.dyads.turn_statistics import TurnStatistics, count_turns, merge
from visavis.simulation.dyads.turns import plan_turns
from visavis.simulation.voices import Speech
from visavis.simulation.voices.speech import words_of

ROUNDS = 6
CONVERSATIONS, SECONDS = 45, 180.0
"""As many and as long as the video calls."""
DRAWS = 3
"""Of smiles for each of them, since their exchange varies a lot from one conversation to another."""

LITERATURE: dict[str, dict[str, float]] = {
    # Mean stays at and away from the partner. In conversation people look at the other about 75% of the time while
    # listening and 40% while speaking (Argyle & Ingham 1972), away when they start to speak and back at the end
    # (Kendon 1967); mutual gaze is broken after about 1.2-2 s (Argyle & Cook 1976).
    "gaze": {
        "away_seconds_speaking": 2.6, "away_seconds_listening": 1.2, "mutual_seconds": 1.8,
        "avert_at_turn_start": 0.7, "look_at_turn_end": 0.75, "look_at_new_speaker": 0.75,
    },
    # Two thirds of spoken acknowledgements come with a nod (Dittmann & Llewellyn 1968).
    "head": {"nod_with_backchannel": 0.65, "nods_while_speaking_per_minute": 0.7},
    "smiles": {"mirror_lag_shape": 3.0, "mirror_lag_scale": 0.22, "laugh_shared": 0.45},
}  # fmt: skip


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
    calls = merge(telephone_calls(data))
    videos = video_calls(data)
    signals = signal_intervals(data)
    smiles = smile_statistics([v.au12 for v in videos], VIDEO_FPS)
    at_partner = [t for v in videos for codes in v.gaze for t in dwell_times(codes, GAZE_PARTNER, VIDEO_FPS)]
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
    numbers["smiles"] = LITERATURE["smiles"] | {
        "baseline": smiles.rest / AU12_OF_SMILE,
        "own_per_minute": 0.8 * smiles.per_minute,
        "length": _quantiles(smiles.lengths + 0.9),
        "height": _quantiles(smiles.heights / AU12_OF_SMILE),
        "laughs_per_minute": 0.7 * signals["laugh"].per_minute,
        "laugh_length": _quantiles(signals["laugh"].lengths),
        "mirror_chance": 0.25,
    }
    numbers["head"] = LITERATURE["head"] | {"nod_at_phrase": 0.1, "shake_at_negation": 0.1}
    # Stays at the partner as long as in the video calls on average over speaking and listening, divided as Kendon and
    # Argyle found them: about twice as long while listening.
    stay = float(np.mean(at_partner))
    numbers["gaze"] = LITERATURE["gaze"] | {
        "partner_seconds_speaking": 0.7 * stay,
        "partner_seconds_listening": 1.7 * stay,
    }
    for round_ in range(ROUNDS):
        people, turns = rehearse(CONVERSATIONS)
        _correct_turns(numbers["turns"], turns, calls)
        _correct_head(numbers["head"], people, signals)
        _correct_smiles(numbers["smiles"], people, smiles, signals["laugh"])
        print(f"round {round_ + 1} of {ROUNDS}", flush=True)
    rounded: dict[str, Any] = _rounded(numbers)
    return rounded


def rehearse(conversations: int) -> tuple[list[tuple[SimulatedPerson, SimulatedPerson]], TurnStatistics]:
    """Conversations without sound of `SECONDS` each, the same ones every time."""
    pairs, counted = [], []
    for seed in range(conversations):
        rng = np.random.default_rng([seed, 99])
        people = (draw_traits(rng), draw_traits(rng))
        plan = plan_turns(rng, SECONDS, people, Speakers(rng, (SilentVoice(), SilentVoice())))
        frames = int(SECONDS * FPS)
        moods = draw_moods(rng, frames)
        silence = Audio.silence(SECONDS)
        a, b = (person_of(i, people[i], plan, silence, moods[i], SECONDS, frames)[0] for i in (0, 1))
        pairs.append((a, b))
        words = [tuple(w for u in utterances(s.spurts, SECONDS) for w in u.words) for s in (a, b)]
        counted.append(count_turns((words[0], words[1]), SECONDS))
    return pairs, merge(counted)


def _correct_turns(numbers: dict[str, Any], ours: TurnStatistics, real: TurnStatistics) -> None:
    _scale(numbers, "backchannel_chance", real.backchannels_per_minute, ours.backchannels_per_minute, most=0.9)
    _scale(
        numbers, "interjection_chance", len(real.interjections) / real.seconds, len(ours.interjections) / ours.seconds
    )


def _correct_head(
    numbers: dict[str, Any], people: list[tuple[SimulatedPerson, SimulatedPerson]], signals: dict[str, SignalCounts]
) -> None:
    nods = shakes = 0
    for seed, (a, b) in enumerate(people):
        rng = np.random.default_rng([seed, 98])
        for me, partner in ((a, b), (b, a)):
            made = draw_head_gestures(rng, me, partner)
            nods, shakes = nods + len(made.nods), shakes + len(made.shakes)
    minutes = 2 * CONVERSATIONS * SECONDS / 60
    _scale(numbers, "nod_at_phrase", signals["nod"].per_minute, nods / minutes)
    _scale(numbers, "shake_at_negation", signals["shake"].per_minute, shakes / minutes)


def _correct_smiles(
    numbers: dict[str, Any],
    people: list[tuple[SimulatedPerson, SimulatedPerson]],
    real: SmileStatistics,
    laughs: SignalCounts,
) -> None:
    curves: list[tuple[Array, Array]] = []
    laughed = 0
    for seed, pair in enumerate(people):
        for draw in range(DRAWS):
            a, b = draw_smiles(np.random.default_rng([seed, draw, 97]), pair)
            curves.append((AU12_OF_SMILE * a.smile, AU12_OF_SMILE * b.smile))
            laughed += len(a.laughs) + len(b.laughs)
    ours = smile_statistics(curves, FPS)
    _scale(numbers, "own_per_minute", real.per_minute, ours.per_minute)
    _scale(numbers, "mirror_chance", real.correlation, ours.correlation)
    _scale(numbers, "laughs_per_minute", laughs.per_minute, laughed / (2 * DRAWS * CONVERSATIONS * SECONDS / 60))
    factor = float(np.median(real.lengths) / np.median(ours.lengths)) ** 0.5
    numbers["length"] = [factor * q for q in numbers["length"]]


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
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with turn-taking/, video-calls/, signal-intervals/"
    )
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
    part = given.out.with_name(f".{given.out.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(given.out)


if __name__ == "__main__":
    main()
