"""Synthetic dubbing: two-person dialogues with exact masks, cut from recordings of single people.

Recordings of one talking person are plentiful and sharp; recordings of two are not. Here the sounding stretches of
two people are laid out on one clock, by turns and now and then over each other. Outside of a person's own stretches
nothing is heard of that person, and the lips rest; what the rest of the face did in the recording belongs to no
listener, so only frames in which the person speaks count as observed (`visavis.conversation.observed`). After Talking
Together (3.5 and 3.6.2), where lip motion is tuned on such dialogues.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Participant, Track, Utterance, Word
from visavis.conversation.corpus import Corpus
from visavis.conversation.observed import OBSERVED, observed
from visavis.conversation.splits import TRAINING, held_out
from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.motion import Motion, Seat, face_to_face
from visavis.motion.easing import ease
from visavis.motion.runs import runs

FADE = 0.12
"""Seconds in which the lips leave and reach rest at the edges of a stretch."""
DUBBING = "synthetic dubbing"
"""The ``source`` in such a dialogue's provenance."""
DRAWS = 100
"""How often two speakers are drawn and laid out before it is said that they do not fit."""
REST_GROUPS = ("lips", "jaw")


@dataclass(frozen=True)
class Segment:
    """A stretch in which one person talks without a longer break.

    Attributes:
        speaker: Who; segments of one speaker share a face.
        audio: 16 kHz, as long as the motion.
        motion: Of the same stretch.
        words: Seconds from the stretch's start; may be empty.
        tracks: Further signals of the same stretch, at the motion's frame rate.
    """

    speaker: str
    audio: Audio
    motion: Motion
    words: tuple[Word, ...] = ()
    tracks: Mapping[str, Track] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Validates."""
        if self.audio.sample_rate != SAMPLE_RATE:
            raise InputError(
                f"a segment of {self.speaker!r} has {self.audio.sample_rate} Hz; resample it to {SAMPLE_RATE}"
            )
        if len(self.motion) == 0:
            raise InputError(f"a segment of {self.speaker!r} has no motion")
        if abs(self.audio.duration - self.motion.duration) > 1.5 / self.motion.fps:
            raise InputError(
                f"a segment of {self.speaker!r} has {self.audio.duration:.3f} s of sound and "
                f"{self.motion.duration:.3f} s of motion; cut both to the same length"
            )


def segments_of(conversation: Conversation, *, shortest: float = 1.0, pause: float = 0.2) -> list[Segment]:
    """The stretches in which each person of a conversation talks, cut on whole frames.

    Args:
        conversation: People with own audio, speaking probability and motion; others are left out.
        shortest: Seconds below which a stretch is not worth cutting.
        pause: Seconds of silence that a stretch may contain.
    """
    segments: list[Segment] = []
    for letter, person in zip("ab", conversation, strict=True):
        if person.audio is None or person.speaking is None or person.motion is None:
            continue
        fps = person.motion.fps
        speaks = (person.speaking.at(fps, len(person.motion))["speaking"] >= 0.5) & observed(person)
        for first, last in runs(speaks, bridge=round(pause * fps)).tolist():
            start, end = first / fps, last / fps
            if end - start < shortest or end > person.audio.duration + 1e-6:
                continue
            words = tuple(
                Word(w.text, w.start - start, w.end - start) for w in person.words if w.start >= start and w.end <= end
            )
            cut = person.audio.slice(start, end)
            moves = person.motion.slice(first, last)
            tracks = {
                name: track.slice(first, last)
                for name, track in person.tracks.items()
                if track.fps == fps and len(track) == len(person.motion) and name != OBSERVED
            }
            segments.append(Segment(f"{conversation.id}.{letter}", cut, moves, words, tracks))
    return segments


def dub(
    segments: Sequence[Segment],
    seed: int,
    duration: float,
    *,
    overlap: float = 0.15,
    seats: tuple[Seat, Seat] | None = None,
    made: Mapping[str, Any] | None = None,
) -> Conversation:
    """One dialogue between two of the speakers.

    Args:
        segments: Of at least two speakers, all in one motion space and at one frame rate.
        seed: Decides who talks, in what order, and the gaps.
        duration: Seconds; rounded down to whole frames.
        overlap: Share of the changes of turn in which one begins before the other has ended.
        seats: Where the two are; face to face at 1 m unless given. Translations are moved there.
        made: What else its provenance says under ``made`` (plain values).

    Returns:
        A conversation with exact ``speaking`` per person (1 within the stretches, 0 outside), own and mixed audio,
        motion, and for each person a track `OBSERVED` whose valid frames are those in which the face comes from a
        recording of that person speaking.

    Raises:
        InputError: There are fewer than two speakers, or segments that do not fit together.
    """
    first = _check(segments)
    fps, space = first.motion.fps, first.motion.space
    rng = np.random.default_rng([seed, 21])
    frames = int(duration * fps + 1e-6)
    fitting = [s for s in segments if len(s.motion) <= frames]
    speakers = sorted({s.speaker for s in fitting})
    for _ in range(DRAWS if len(speakers) > 1 else 0):
        pair = [speakers[int(i)] for i in rng.choice(len(speakers), 2, replace=False)]
        placed = _lay_out(rng, [[s for s in fitting if s.speaker == name] for name in pair], frames, fps, overlap)
        if {who for who, _, _ in placed} == {0, 1}:
            break
    else:
        raise InputError(f"the segments of no two speakers fit into {duration:.1f} s; make the dialogue longer")
    where = seats or face_to_face()
    people = tuple(
        _person("AB"[i], [(at, s) for who, at, s in placed if who == i], frames, fps, where[i]) for i in (0, 1)
    )
    mixed = np.clip(sum(p.audio.samples for p in people if p.audio), -1.0, 1.0)
    return Conversation(
        id=dubbing_id(seed),
        participants=(people[0], people[1]),
        duration=frames / fps,
        mixed=Audio(np.asarray(mixed, np.float32)),
        provenance={
            "source": DUBBING,
            "speakers": pair,
            "seed": seed,
            "space": space.name,
            **({"made": dict(made)} if made else {}),
        },
    )


def segments_to_learn_from(folder: str | Path) -> list[Segment]:
    """Everything that is said in the conversations of a corpus that are trained on; never what is held out of it.

    Args:
        folder: A corpus on disk.

    Raises:
        InputError: There is no corpus.
    """
    corpus = Corpus.open(folder)
    splits = [corpus.record(id)[0].get("split") for id in corpus.ids]
    kept = held_out(corpus.ids, splits)
    return [
        segment
        for id, split, hold in zip(corpus.ids, splits, kept, strict=True)
        if split in TRAINING and not hold
        for segment in segments_of(corpus[id])
    ]


def dubbing_id(seed: int) -> str:
    """The id that `dub` gives."""
    return f"dub-{seed:06d}"


def _check(segments: Sequence[Segment]) -> Segment:
    if len({s.speaker for s in segments}) < 2:
        raise InputError("dubbing needs segments of at least two speakers")
    first = segments[0]
    for segment in segments:
        if segment.motion.space.columns != first.motion.space.columns or segment.motion.fps != first.motion.fps:
            raise InputError(f"a segment of {segment.speaker!r} differs from the others in motion space or frame rate")
    return first


def _lay_out(
    rng: np.random.Generator, own: list[list[Segment]], frames: int, fps: float, overlap: float
) -> list[tuple[int, int, Segment]]:
    """(person, first frame, segment): by turns, with gaps or overlaps between, never over one's own speech."""
    placed: list[tuple[int, int, Segment]] = []
    free = [0, 0]
    who, at = int(rng.integers(2)), int(rng.integers(0, max(1, round(0.6 * fps))))
    while at < frames:
        fitting = [s for s in own[who] if at + len(s.motion) <= frames]
        if not fitting:
            break
        segment = fitting[int(rng.integers(len(fitting)))]
        placed.append((who, at, segment))
        free[who] = at + len(segment.motion)
        goes_on = rng.random() < 0.15
        if not goes_on and rng.random() < overlap:
            gap = -int(rng.integers(1, max(2, round(0.4 * len(segment.motion)))))
        else:
            gap = round(fps * float(rng.gamma(2.0, 0.2)))
        who = who if goes_on else 1 - who
        at = max(free[who], max(free) + gap)
    return placed


def _person(name: str, placed: list[tuple[int, Segment]], frames: int, fps: float, seat: Seat) -> Participant:
    samples = np.zeros(round(frames / fps * SAMPLE_RATE), np.float32)
    speaking = np.zeros(frames, np.float32)
    utterances: list[Utterance] = []
    motion = _held(placed, frames)
    for at, segment in placed:
        start = at / fps
        first = round(start * SAMPLE_RATE)
        sound = segment.audio.samples[: round(len(segment.motion) / fps * SAMPLE_RATE)]
        sound = sound[: len(samples) - first]
        samples[first : first + len(sound)] = sound
        speaking[at : at + len(segment.motion)] = 1.0
        words = tuple(Word(w.text, w.start + start, w.end + start) for w in segment.words)
        utterances.append(Utterance(start, start + segment.motion.duration, words))
    motion = _lips_at_rest(motion, speaking > 0.5)
    motion = _moved_to(motion, seat)
    return Participant(
        name=name,
        audio=Audio(samples),
        utterances=tuple(utterances),
        speaking=Track(speaking, fps, ("speaking",)),
        motion=motion,
        seat=seat,
        tracks={**_tracks(placed, frames), OBSERVED: Track(speaking, fps, ("observed",), speaking > 0.5)},
    )


def _tracks(placed: list[tuple[int, Segment]], frames: int) -> dict[str, Track]:
    """Signals that all segments have, in their places; zero between them."""
    first = placed[0][1]
    shared = {
        name: track
        for name, track in first.tracks.items()
        if all(name in s.tracks and s.tracks[name].columns == track.columns for _, s in placed)
    }
    found = {}
    for name, track in shared.items():
        values = np.zeros((frames, len(track.columns)), np.float32)
        for at, segment in placed:
            values[at : at + len(segment.motion)] = segment.tracks[name].values[: frames - at]
        found[name] = Track(values, track.fps, track.columns)
    return found


def _held(placed: list[tuple[int, Segment]], frames: int) -> Motion:
    """The segments' motion in their places; between them it passes smoothly from one's end to the next one's start."""
    first = placed[0][1].motion
    values = np.zeros((frames, first.space.dim), np.float32)
    values[: placed[0][0]] = first.values[0]
    for (at, segment), following in zip(placed, [*placed[1:], None], strict=True):
        end = at + len(segment.motion)
        values[at:end] = segment.motion.values
        if following is None:
            values[end:] = segment.motion.values[-1]
        else:
            step = ease((np.arange(following[0] - end) + 1) / (following[0] - end + 1))[:, None]
            values[end : following[0]] = (1 - step) * segment.motion.values[-1] + step * following[1].motion.values[0]
    return Motion(values, first.fps, first.space)


def _lips_at_rest(motion: Motion, speaks: NDArray[np.bool_]) -> Motion:
    """Lips and jaw go to zero outside of speech, within `FADE` seconds."""
    distance = _frames_from(speaks) / max(1.0, FADE * motion.fps)
    values = motion.values.copy()
    where = _resting(motion)
    values[:, where] *= (1 - ease(distance))[:, None]
    return replace(motion, values=values)


def _moved_to(motion: Motion, seat: Seat) -> Motion:
    """The translation of the recordings, about its mean, at the seat."""
    if not motion.space.has("translation"):
        return motion
    moved = motion["translation"]
    return motion.with_columns("translation", moved - moved.mean(0) + np.asarray(seat.position))


def _resting(motion: Motion) -> NDArray[np.intp]:
    found = [motion.space.indices(group) for group in REST_GROUPS if motion.space.has(group)]
    if not found:
        raise InputError(f"motion space {motion.space.name!r} defines no lip columns, so it cannot be dubbed")
    return np.unique(np.concatenate(found))


def _frames_from(mask: NDArray[np.bool_]) -> NDArray[np.floating]:
    """How many frames away the nearest True is, (T,)."""
    if not mask.any():
        return np.full(len(mask), np.inf)
    true = np.flatnonzero(mask)
    after = np.searchsorted(true, np.arange(len(mask)))
    left = np.abs(np.arange(len(mask)) - true[np.maximum(after - 1, 0)])
    right = np.abs(np.arange(len(mask)) - true[np.minimum(after, len(true) - 1)])
    frames: NDArray[np.floating] = np.minimum(left, right).astype(float)
    return frames
