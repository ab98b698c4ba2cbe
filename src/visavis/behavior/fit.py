"""Fits the model of events to recordings: ``python -m visavis.behavior.fit --data DIR``.

Head signals, postures, when people laugh and the timing of looks are learnt from the AMI meetings, smiles from video
calls, how often and how long two people laugh from telephone calls, fixations from an eye tracker. What they do not
show follows the literature: `LITERATURE` and `GAZE_SHARE`. People in `HELD_OUT` are not used. After the regression the
bases are corrected until drawn people do as much as real ones in each state of speech, since one event brings about
others.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from visavis.behavior import rates as rates_file
from visavis.behavior.counting import Counts, count_drawn, count_observed
from visavis.behavior.cues import STATES, columns, cue_of
from visavis.behavior.curves import FPS, Array
from visavis.behavior.marks import LEVELS
from visavis.behavior.observed import Observed, observe, observe_both
from visavis.behavior.process import draw
from visavis.behavior.rates import HEAD, KINDS, Rate, rate_of
from visavis.behavior.regression import Fit, Rows, Terms, fit, rows_of, stack, without
from visavis.corpora import ami, video_calls
from visavis.corpora.reading import need_file, read_table
from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.parquet import open_parquet, read_parquet
from visavis.tables import decimal

HELD_OUT = ("ES2008", "IS1004", "TS3005")
"""Series of meetings, each of the same four people, that are kept aside for checking."""
EYE_TRACKER = 90.0
"""Frames a second in which `psyberlab-gaze` counts when a fixation starts: 11.1 ms, by its durations."""
LONG = 10
"""Fixations that a stretch has at least, to count."""

TERMS: Mapping[str, Terms] = {
    "nod.concord": Terms(own=("nod.concord", "laugh"), partner=("nod.concord", "nod.emphasis", "laugh")),
    **{kind: Terms(own=(kind,)) for kind in HEAD[1:]},
    # Laughs stand between words, so the lag to the next word tells how they were transcribed.
    "laugh": Terms(own=("laugh",), partner=("laugh",), words=False),
    "posture.shift": Terms(own=("posture.shift",)),
    "look.away": Terms(own=("look.partner",), gaze=True),
    "look.partner": Terms(own=("look.away",), gaze=True),
    "smile": Terms(own=("smile",), partner=("smile",), gaze=True, cues=False),
}
"""What each rate may depend on."""
SHARES = {"laugh": 0.01, "posture.shift": 0.01, "look.away": 0.2, "look.partner": 0.2, "smile": 0.3}
"""Share of the frames that the regression takes, where not 0.04."""

FEW = 100
"""Events below which only the state of speech is learnt."""

GAZE_SHARE = {"silence": 0.55, "speaking": 0.41, "listening": 0.75, "overlap": 0.5}
"""Share of the time at the partner: of two people who talk (Argyle & Ingham 1972); in meetings of four, where papers
and screens are looked at, it is lower. Nobody and both speaking lie between, by hand."""
KEPT = 1.0
"""Share of the shift to those that goes into looking back sooner rather than looking on for longer, so that looks stay
about as long as in the meetings."""
BRISK = 1.15
"""Factor on how often people look elsewhere, since looks too short to see anything are not drawn. Set as `KEPT` was."""

LITERATURE: dict[str, Any] = {
    # Raised brows go with stressed syllables (Ekman 1979, "About brows"; Flecha-Garcia 2010, "Eyebrow raises in
    # dialogue and their relation to discourse structure, utterance function and pitch accents in English"), begin
    # turns, ask, and acknowledge. Rates and weights by hand.
    "brow.raise": {
        "per_minute": {"silence": 1.0, "speaking": 7.0, "listening": 1.5, "overlap": 5.0},
        "cues": {"own.asks": [1.2, 0.6, 0.0, 0.0], "own.begins": [0.5, 0.7, 0.5, 0.3, 0.0, 0.0],
                 "own.acknowledges": [0.4, 0.6, 0.4, 0.2, 0.0, 0.0], "other.asks": [0.5, 0.7, 0.5, 0.2, 0.0, 0.0],
                 "own.stresses": [0.5, 0.5, 0.2, 0.0]},
        "since_own": {"brow.raise": [-2.0, -1.0, -0.4, 0.0, 0.0, 0.0]},
        "accent": 4.0,
    },
    # Head nods of speakers mark stress (Hadar et al. 1983, "Head movement correlates of juncture and stress").
    "nod.emphasis": {"accent": 3.0},
    # Smiles surround changes of turn (Kaukomaa et al. 2013, "Turn-opening smiles"). Weights by hand.
    "smile": {
        "cues": {"own.stops": [0.4, 0.7, 0.8, 0.8, 0.6, 0.3], "own.begins": [0.4, 0.5, 0.4, 0.2, 0.0, 0.0],
                 "own.acknowledges": [0.3, 0.4, 0.4, 0.2, 0.0, 0.0],
                 "other.phrase_end": [0.2, 0.3, 0.3, 0.2, 0.1, 0.0]},
    },
}  # fmt: skip
ROUNDS = 6

Numbers = dict[str, Any]


@dataclass(frozen=True)
class Laughs:
    """Of people on the telephone: how often a minute, and lengths (s)."""

    per_minute: float
    lengths: Array


@dataclass(frozen=True)
class Goals:
    """What drawn people should do as much as real ones.

    Attributes:
        meetings: Counts in meetings.
        smiles: A minute, in video calls.
        laughs: A minute, on the telephone.
        together: Correlation of both people's smiling in video calls.
    """

    meetings: Counts
    smiles: float
    laughs: float
    together: float


def fit_all(data: Path) -> Numbers:
    """All numbers of the file.

    Raises:
        InputError: A recording is missing.
    """
    print("reading", flush=True)
    laughs = telephone_laughs(data)
    meetings = list(observed_meetings(data, held_out=False))
    calls = [seen for make in video_calls.read(data / "video-calls").values() for seen in observe_both(make())]
    heads = [seen for seen in meetings if "nod.concord" in seen.mine.seen]
    entries: Numbers = {}
    for kind, terms in TERMS.items():
        rows = gather(calls if kind == "smile" else meetings, kind, terms)
        entries[kind] = _entry(kind, terms, rows, fit(rows, only_states=bool(rows.events.sum() < FEW)))
        print(f"{kind}: {rows.events.sum()} events in {rows.exposure.sum() / 3600:.1f} h", flush=True)
    entries["brow.raise"] = {"from": "literature"}
    _add_literature(entries)
    for kind in ("look.away", "look.partner"):
        entries[kind]["per_minute"] = {s: BRISK * rate for s, rate in entries[kind]["per_minute"].items()}
    goals = Goals(count_observed(meetings), count_observed(calls).overall("smile"), laughs.per_minute, _together(calls))
    numbers = {
        "rates": {kind: entries[kind] for kind in KINDS},
        "lengths": _lengths(data, meetings, calls, laughs),
    }
    rates_file.learnt().clear()
    rates_file.learnt().update(numbers)  # lengths are read from there while drawing
    for round_ in range(ROUNDS):
        drawn = simulate(heads[::3], {kind: rate_of(entries[kind]) for kind in KINDS}, seed=round_)
        _correct(entries, goals, drawn)
        print(f"round {round_ + 1} of {ROUNDS}", flush=True)
    rounded: Numbers = _rounded(numbers)
    return rounded


def observed_meetings(data: Path, *, held_out: bool) -> Iterator[Observed]:
    """Everybody in AMI meetings whose head, gaze or posture is annotated, with the rest as partner.

    Args:
        data: The folder of recordings.
        held_out: Whether those of `HELD_OUT` are wanted, or all others.
    """
    for name, make in ami.read(data / "ami").items():
        if name.startswith(HELD_OUT) == held_out:
            yield observe(make())


def gather(people: Sequence[Observed], kind: str, terms: Terms) -> Rows:
    """The rows of everybody's regression of one kind."""
    rng = np.random.default_rng(KINDS.index(kind))
    parts = [rows_of(seen, kind, terms, i, SHARES.get(kind, 0.04), rng) for i, seen in enumerate(people)]
    return stack([part for part in parts if part is not None])


@dataclass(frozen=True)
class Drawn:
    """What drawn people did, and the correlation of both people's smiling."""

    counts: Counts
    together: float


def simulate(people: Sequence[Observed], rates: Mapping[str, Rate], seed: int) -> Drawn:
    """What drawn people do with the speech of real ones, counted where those were seen."""
    drawn, together = [], []
    for i, seen in enumerate(people):
        pair = draw((seen.me, seen.other), np.random.default_rng([seed, i]), rates=rates)
        drawn.append((seen.me, seen.other, pair[0]))
        smiles = [_smiling(np.array([(e.start, e.end) for e in events if e.kind == "smile"]) * FPS, seen.me.frames)
                  for events in pair]  # fmt: skip
        together.append(_correlation(*smiles))
    return Drawn(count_drawn(drawn, [seen.mine.seen for seen in people]), float(np.mean(together)))


def _together(people: Sequence[Observed]) -> float:
    """Correlation of both people's smiling, mean over pairs."""
    each = [
        _correlation(*(_smiling(done.spans["smile"], seen.me.frames) for done in (seen.mine, seen.theirs)))
        for seen in people
    ]
    return float(np.mean(each))


def _smiling(spans: NDArray[Any], frames: int) -> Array:
    """Whether a person smiles (T,)."""
    smiling = np.zeros(frames)
    for start, stop in spans.astype(int):
        smiling[start:stop] = 1.0
    return smiling


def _correlation(a: Array, b: Array) -> float:
    """0 where one of them does not change."""
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0


def _entry(kind: str, terms: Terms, rows: Rows, fitted: Fit) -> Numbers:
    """As the file describes a rate."""
    base = fitted.base if terms.cues else np.full(len(STATES), fitted.base[0])
    entry: Numbers = {
        "from": "video calls" if kind == "smile" else "AMI",
        "events": int(rows.events.sum()),
        "per_minute": dict(zip(STATES, (60 * np.exp(base)).tolist(), strict=True)),
    }
    groups = {"cues": "cues", "own": "since_own", "partner": "since_partner"}
    for (group, name, _), weight in zip(terms.names, fitted.weights.tolist(), strict=True):
        if group in groups:
            entry.setdefault(groups[group], {}).setdefault(name, []).append(weight)
        elif name == "looked_at":
            entry["looked_at"] = weight
        else:
            entry.setdefault(name, []).append(weight)
    if terms.cues:
        entry["without_words"] = {
            whose: without(rows, fitted, _of_words(terms, whose)) for whose in ("own", "other")
        }  # fmt: skip
    return entry


def _of_words(terms: Terms, whose: str) -> NDArray[np.bool_]:
    """Which columns need words, one's own or the other's."""
    worded = {name for name, _ in columns() if name.startswith(f"{whose}.") and cue_of(name).of_words}
    return np.array([group == "cues" and name in worded for group, name, _ in terms.names])


def _add_literature(entries: Numbers) -> None:
    for kind, more in LITERATURE.items():
        entries[kind] = (
            {"from": "literature", **entries[kind], **more} if kind == "brow.raise" else entries[kind] | more
        )
    # Of another's laugh people smile as much likelier as they laugh.
    entries["smile"]["since_partner"] = {
        **entries["smile"]["since_partner"], "laugh": entries["laugh"]["since_partner"]["laugh"]
    }  # fmt: skip


def _correct(entries: Numbers, goals: Goals, drawn: Drawn) -> None:
    """Moves the bases toward what brings about the real rates, and looks to their share of the time."""
    counts, real = drawn.counts, goals.meetings
    for kind in KINDS:
        base = entries[kind]["per_minute"]
        if kind in ("look.away", "look.partner"):
            goal, have = np.array([GAZE_SHARE[state] for state in STATES]), counts.gaze_share
            shift = np.log(goal / (1 - goal)) - np.log(have / (1 - have))
            factor = np.exp(-(1 - KEPT) * shift) if kind == "look.away" else np.exp(KEPT * shift)
        elif kind == "smile":
            factor = np.full(len(STATES), goals.smiles / max(1e-9, counts.overall(kind)))
        elif kind == "brow.raise":
            continue
        else:
            wanted = real.per_minute(kind) * counts.minutes[kind]
            if kind == "laugh":  # when as in meetings, but as often as on the telephone
                wanted *= goals.laughs * counts.minutes[kind].sum() / wanted.sum()
            # As if one event more had happened in both, so that rare ones do not swing.
            factor = (wanted + 1) / (counts.events[kind] + 1)
        for state, change in zip(STATES, np.clip(factor, 0.5, 2.0).tolist(), strict=True):
            base[state] *= change**0.8
    # A regression takes each smile for itself; that people also cheer up together shows in more smiles for smiles.
    smiles = entries["smile"]["since_partner"]
    gain = float(np.clip(goals.together / max(0.02, drawn.together), 0.7, 1.5))
    smiles["smile"] = [float(np.log1p(gain * np.expm1(weight))) if weight > 0 else weight for weight in smiles["smile"]]


def _lengths(data: Path, meetings: Sequence[Observed], calls: Sequence[Observed], laughs: Laughs) -> Numbers:
    """Quantiles of seconds at `LEVELS`, and of the height of smiles."""
    numbers = {kind: _quantiles(_seconds(meetings, kind)) for kind in HEAD}
    # A smile is counted while it is well above rest, and takes 0.9 s more to come and go.
    numbers["smile"] = _quantiles(_seconds(calls, "smile") + 0.9)
    numbers["smile_height"] = _quantiles(_smile_heights(data) / 5)
    numbers["laugh"] = _quantiles(laughs.lengths)
    numbers["fixation"] = _quantiles(fixations(data))
    return numbers


def _seconds(people: Sequence[Observed], kind: str) -> Array:
    spans = np.concatenate([seen.mine.spans[kind] for seen in people])
    seconds: Array = (spans[:, 1] - spans[:, 0]) / FPS
    return seconds


def telephone_laughs(data: Path) -> Laughs:
    """Laughs between words of Switchboard's word times."""
    path = need_file(data / "turn-taking" / "words.parquet", "pass the folder of the recordings")
    table = read_parquet(open_parquet(path), path, ["call", "start", "end", "word"])
    start, end = (table[name].to_numpy().astype(float) for name in ("start", "end"))
    laughs = table["word"].to_numpy() == "[laughter]"
    calls, which = np.unique(table["call"].to_numpy(), return_inverse=True)
    last = np.zeros(len(calls))
    np.maximum.at(last, which, end)
    lengths = (end - start)[laughs]
    return Laughs(60 * laughs.sum() / (2 * last.sum()), lengths[lengths > 0])


def fixations(data: Path) -> Array:
    """Seconds from the start of each fixation of ``psyberlab-gaze/`` to the next one's.

    A stretch of fewer than `LONG` fixations is left out: long ones hardly fit in.
    """
    columns = ("participant", "condition", "segment", "Start")
    stretches: dict[tuple[str, ...], list[float]] = {}
    for number, row in read_table(data / "psyberlab-gaze" / "fixations.csv", columns):
        frames = decimal(row["Start"])
        if not np.isfinite(frames):
            raise InputError(f"fixations.csv, line {number}: Start is {row['Start'][:40]!r}; a frame is needed")
        stretches.setdefault((row["participant"], row["condition"], row["segment"]), []).append(frames / EYE_TRACKER)
    return np.concatenate([np.diff(starts) for starts in stretches.values() if len(starts) >= LONG])


def _smile_heights(data: Path) -> Array:
    """AU12 at the apex of each smile above the person's resting level, 0 to 5."""
    heights = []
    for make in video_calls.read(data / "video-calls").values():
        for person in make():
            assert person.motion is not None
            curve = person.motion["AU12"].reshape(-1)
            rest = np.percentile(curve, 10)
            for smile in person.events["smile"]:
                a, b = round(smile.start * video_calls.FPS), round(smile.end * video_calls.FPS)
                heights.append(float(np.percentile(curve[a : b + 1], 95) - rest))
    return np.array(heights)


def _quantiles(values: Array) -> list[float]:
    return [float(q) for q in np.quantile(values, LEVELS)]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(v) for key, v in value.items()}
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    return float(f"{value:.3g}") if isinstance(value, float) else value


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with ami/, video-calls/, turn-taking/, psyberlab-gaze/"
    )
    parser.add_argument("--out", type=Path, default=Path(rates_file.__file__).with_name("learnt.yaml"))
    given = parser.parse_args()
    try:
        numbers = fit_all(given.data)
    except InputError as error:
        raise SystemExit(str(error)) from None
    levels = ", ".join(str(level) for level in LEVELS)
    text = (
        "# Written by `python -m visavis.behavior.fit --data DIR`; docs/behavior.md says what comes from where.\n"
        "# Rates are events a minute far from every cue; all else is added to the logarithm of the rate, bin by bin:\n"
        f"# since_own in bins of {rates_file.OWN_EDGES} s, since_partner {rates_file.PARTNER_EDGES} s,\n"
        "# cues in those of visavis.behavior.cues; without_words are factors.\n"
        f"# Lengths are quantiles at {levels}, in seconds.\n"
        + yaml.safe_dump(numbers, sort_keys=False, default_flow_style=None, width=118)
    )
    with atomic_write(given.out) as part:
        part.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
