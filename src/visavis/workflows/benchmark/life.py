"""How alive people are: everything that `visavis.evaluation` counts, on conversations and on real recordings.

The same code counts simulated conversations, generated ones and tracked people. Figures are plain numbers by name, so
that they can be kept; what nobody did, or what is not there to be counted, is nan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from visavis.behavior.context import people_of
from visavis.behavior.cues import STATES
from visavis.behavior.events import event_of
from visavis.bodies.appearance import complete
from visavis.bodies.figure_cache import load_figure
from visavis.bodies.skeleton import BODY
from visavis.conversation import Conversation, Participant
from visavis.evaluation.life import (
    FIXATION,
    at_partner,
    band_power,
    blinking,
    by_state,
    coupling,
    eyes_seen,
    head_speed,
    looking,
    moments_within,
    saccades,
    smiles_with_laughs,
    to_nearest,
)
from visavis.evaluation.strokes import apexes, wrists
from visavis.motion import ARKIT, Motion, Seat
from visavis.motion.events import nods, shakes
from visavis.motion.mapping import to_space
from visavis.motion.runs import runs
from visavis.simulation.dyads.face_statistics import AU12_OF_SMILE
from visavis.simulation.dyads.lip_statistics import SHORTEST, jaw_statistics

Figures = dict[str, float]
Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SMILES = ("mouthSmileLeft", "mouthSmileRight")
BAND_NAMES = ("0-0.5", "0.5-2", "2-5")
LAUGHED = "heard_laugh"
MARKED = 0.07
"""Share of the time that annotators marked people as smiling (`signal-intervals`): what they take for a smile is more
than what a tracker sees, so that as much is taken here."""
SHIFTS = (0.2, 0.4, 0.6, 0.8)
"""Shares of a conversation's length by which events are shifted for chance."""


@dataclass(frozen=True)
class Side:
    """One person of a conversation, as far as is counted.

    Attributes:
        who: The person.
        motion: Of the face, in `arkit`: its neck turns as spine and neck together do.
        whole: The same with arms, where there are any.
        seat: The place.
        speaks: Whether the person speaks at each frame (T,).
    """

    who: Participant
    motion: Motion
    whole: Motion
    seat: Seat
    speaks: Mask


def sides_of(conversation: Conversation) -> tuple[Side, Side]:
    """Both people, cut to the same number of frames."""
    people = conversation.participants
    motions = [person.motion for person in people]
    assert motions[0] is not None  # whoever is counted has been moved
    assert motions[1] is not None
    frames, fps = min(len(motions[0]), len(motions[1])), motions[0].fps
    found = []
    for person, motion in zip(people, motions, strict=True):
        assert motion is not None
        assert person.seat is not None
        assert person.speaking is not None
        speaks = person.speaking.at(fps, frames).values[:, 0] > 0.5
        whole = motion.slice(0, frames)
        found.append(Side(person, to_space(whole, ARKIT), whole, person.seat, speaks))
    return found[0], found[1]


def counted(conversations: Sequence[Conversation], seed: int = 0) -> Figures:
    """Everything that is counted in motion.

    Args:
        conversations: With motion, seats and who speaks; with words, sound, laughter and planned events where known.
        seed: Of the moments that strokes are compared with.
    """
    pairs = [sides_of(conversation) for conversation in conversations]
    return {
        **faces_of([side.motion for pair in pairs for side in pair]), **_looks(pairs), **_heads(pairs),
        **_smiles(pairs), **_nods(pairs), **_strokes(conversations, pairs, seed), **_mouths(pairs),
    }  # fmt: skip


def faces_of(motions: Sequence[Motion]) -> Figures:
    """Lids, eyes, smiles and brows of people who need nobody beside them; rates are means over people."""
    lids = [blinking(motion) for motion in motions]
    open_ = [max(float(eyes_seen(motion).sum()) / motion.fps, 1e-9) for motion in motions]
    return {
        "blinks a minute": _mean([each.per_minute for each in lids]),
        "blink ms": 1000 * _median([each.closed for each in lids]),
        "saccades": _mean([len(saccades(motion)) / motion.duration for motion in motions]),
        **fixations_of([(saccades(motion, FIXATION), seen) for motion, seen in zip(motions, open_, strict=True)]),
        "smile std": _mean([float(motion[SMILES].mean(1).std()) for motion in motions]),
        "brow std": _mean([float(motion["browInnerUp"].std()) for motion in motions]),
    }


def fixations_of(starts: Sequence[tuple[Array, float]]) -> Figures:
    """How often fixations begin, and the median time from one to the next.

    Args:
        starts: Of each person or stretch when they begin (s), and for how long (s) they could be seen.
    """
    count, seconds = sum(len(s) for s, _ in starts), sum(length for _, length in starts)
    return {"fixations": count / max(seconds, 1e-9), "fixation ms": 1000 * _median([np.diff(s) for s, _ in starts])}


def _looks(pairs: Sequence[tuple[Side, Side]]) -> Figures:
    found = []
    for a, b in pairs:
        looks = [at_partner(me.motion, me.seat, other.motion, other.seat) for me, other in ((a, b), (b, a))]
        found.append(looking(looks, [a.speaks, b.speaks], a.motion.fps))
    return {
        "look speaking": _mean([each.speaking for each in found]),
        "look listening": _mean([each.listening for each in found]),
        "look s": _median([each.looks for each in found]),
        "mutual": _mean([each.mutual for each in found]),
        "mutual s": _mean(np.concatenate([each.meetings for each in found]).tolist()),
    }


def _heads(pairs: Sequence[tuple[Side, Side]]) -> Figures:
    moves = []
    for a, b in pairs:
        for me, other in ((a, b), (b, a)):
            moves.append((me.motion, {"speaking": me.speaks & ~other.speaks, "listening": other.speaks & ~me.speaks}))
    return heads_of(moves)


def heads_of(moves: Sequence[tuple[Motion, Mapping[str, Mask]]]) -> Figures:
    """The head's speed and power by band in each state; means over people weighted by their time in it.

    Args:
        moves: Motion of each person, and by state the frames (T,) in which the person is in it.
    """
    found: Figures = {}
    for state in ("speaking", "listening"):
        speeds, powers = [np.zeros(0)], [np.zeros((0, len(BAND_NAMES)))]
        for motion, frames in moves:
            inside = frames.get(state, np.zeros(len(motion), bool))
            speeds.append(head_speed(motion)[inside[1:]])
            powers.append(band_power(motion)[inside])
        speed, power = np.concatenate(speeds), np.concatenate(powers)
        found[f"head speed {state}"] = _mean(speed.tolist())
        for i, band in enumerate(BAND_NAMES):
            found[f"head {band} {state}"] = _mean(power[:, i].tolist())
    return found


def _smiles(pairs: Sequence[tuple[Side, Side]]) -> Figures:
    curves = [(au12_of(a.motion), au12_of(b.motion)) for a, b in pairs]
    together, crossed = coupling(curves)
    people = [side for pair in pairs for side in pair]
    laughs = [np.array([(i.start, i.end) for i in side.who.events.get(LAUGHED, ())]) for side in people]
    ratio = smiles_with_laughs(marked_smiles(people), laughs, [side.motion.duration for side in people])
    return {"smile r": together, "smile r re-paired": crossed, "smiles with laughs": ratio}


def au12_of(motion: Motion) -> Array:
    """AU12 (T,), 0 to 5."""
    curve: Array = AU12_OF_SMILE * motion[SMILES].mean(1).astype(np.float64)
    return curve


def marked_smiles(people: Sequence[Side]) -> list[Array]:
    """Of each person the intervals (N, 2), seconds, in which one smiles most: `MARKED` of everybody's time."""
    curves = [gaussian_filter1d(au12_of(side.motion), side.motion.fps / 6) for side in people]
    risen = [curve - np.percentile(curve, 10) for curve in curves]
    high = np.quantile(np.concatenate(risen), 1 - MARKED)
    return [runs(curve > high) / side.motion.fps for curve, side in zip(risen, people, strict=True)]


def _nods(pairs: Sequence[tuple[Side, Side]]) -> Figures:
    """Nods a minute by who speaks, seen in the motion and, where it is known, planned; shakes over all states.

    And the share of the planned nods during which the motion nods, beside the same of nods as long at other times, and
    of shakes likewise: what is planned and not performed shows there.
    """
    seen, planned, minutes = np.zeros(4), np.zeros(4), np.zeros(4)
    performed: dict[str, list[bool]] = {"nod": [], "shake": []}
    elsewhere: dict[str, list[bool]] = {"nod": [], "shake": []}
    shaken, known = 0, False
    for a, b in pairs:
        for me, other in ((a, b), (b, a)):
            speaks, fps, length = (me.speaks, other.speaks), me.motion.fps, me.motion.duration
            found = nods(me.motion)
            here, time = by_state(found[:, 0], speaks, fps)
            known = known or "nod" in me.who.events
            plan = np.array([(i.start, i.end) for i in me.who.events.get("nod", ())]).reshape(-1, 2)
            meant, _ = by_state(plan[:, 0], speaks, fps)
            seen, planned, minutes = seen + here, planned + meant, minutes + time
            swings = shakes(me.motion)
            shaken += len(swings)
            for kind, there in (("nod", found), ("shake", swings)):
                wished = np.array([(i.start, i.end) for i in me.who.events.get(kind, ())]).reshape(-1, 2)
                performed[kind] += _overlap(wished, there)
                for shift in SHIFTS:
                    moved = np.mod(wished[:, :1] + shift * length, length) + wished - wished[:, :1]
                    elsewhere[kind] += _overlap(moved, there)
    some = minutes > 0
    rate, intended = (np.where(some, c / np.where(some, minutes, 1), np.nan) for c in (seen, planned))
    return {
        **{f"nods {state}": float(rate[i]) for i, state in enumerate(STATES)},
        **{f"planned nods {state}": float(intended[i]) if known else float("nan") for i, state in enumerate(STATES)},
        **{f"{kind}s performed": _mean(done) for kind, done in performed.items()},
        **{f"{kind}s performed by chance": _mean(done) for kind, done in elsewhere.items()},
        "shakes a minute": shaken / max(minutes.sum(), 1e-9),
    }  # fmt: skip


def _overlap(intervals: Array, others: Array) -> list[bool]:
    """Whether each of some intervals (N, 2) shares time with any of the others (M, 2)."""
    return [bool(((others[:, 0] < stop) & (others[:, 1] > start)).any()) for start, stop in intervals]


def _strokes(conversations: Sequence[Conversation], pairs: Sequence[tuple[Side, Side]], seed: int) -> Figures:
    rng = np.random.default_rng(seed)
    found: dict[str, list[Array]] = {"plan": [], "motion": [], "chance": [], "performed": []}
    for conversation, pair in zip(conversations, pairs, strict=True):
        for side, known in zip(pair, people_of(conversation), strict=True):
            if not side.whole.space.has("body"):
                continue
            accents = np.array([time for time, _ in known.accents])
            hands = wrists(side.whole, _joints())
            arrived = np.sort(np.concatenate([apexes(hand, side.motion.fps) for hand in hands]))
            gestures = [event_of("gesture", interval) for interval in side.who.events.get("gesture", ())]
            planned = np.array([time for gesture in gestures for time in gesture.apex])
            spoken = np.array([(phrase.start, phrase.end) for phrase in known.phrases])
            found["plan"].append(to_nearest(planned, accents))
            found["motion"].append(to_nearest(arrived, accents))
            found["performed"].append(to_nearest(planned, arrived))
            found["chance"].append(to_nearest(moments_within(spoken, 4 * len(planned), rng), accents))
    return {
        "stroke ms, plan": 1000 * _median(found["plan"]), "stroke ms, motion": 1000 * _median(found["motion"]),
        "stroke ms, chance": 1000 * _median(found["chance"]),
        "stroke ms, performed": 1000 * _median(found["performed"]),
    }  # fmt: skip


@cache
def _joints() -> NDArray[np.float32]:
    """Where the neutral figure's bones begin."""
    return load_figure(complete({}), seated=False, skeleton=BODY).joints


def _mouths(pairs: Sequence[tuple[Side, Side]]) -> Figures:
    return jaws_of([(side.motion, side.speaks) for pair in pairs for side in pair])


def jaws_of(mouths: Sequence[tuple[Motion, Mask]]) -> Figures:
    """How far and how often mouths open while people speak; those who speak for less than two seconds are left out."""
    found = [
        jaw_statistics(motion["jawOpen"].astype(np.float64), motion.fps, speaks)
        for motion, speaks in mouths if speaks.sum() / motion.fps >= SHORTEST
    ]  # fmt: skip
    reach, openings = zip(*found, strict=True) if found else ((), ())
    return {"jaw": _mean(reach), "openings": _mean(openings)}


def _mean(values: Sequence[float]) -> float:
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    return float(known.mean()) if len(known) else float("nan")


def _median(parts: Sequence[Array]) -> float:
    values = np.concatenate(parts) if parts else np.zeros(0)
    return float(np.median(values)) if len(values) else float("nan")
