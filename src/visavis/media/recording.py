"""The user's input, one file or two, as one recording of two people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from visavis.errors import InputError
from visavis.media.apart import Told, heard_share, mix, tell_apart, tell_rest
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.media.crosstalk.pair import Pair
from visavis.media.decode import DecodedAudio, read_audio, read_tracks

SHORTEST = 0.2
"""Seconds; there is nothing to animate in less."""

_SILENCE = 1e-3
_AS_MUCH = 0.75
_MOST_TRACKS = 6
"""Tracks of a file that are compared with each other."""
_TOGETHER = 0.1
"""Seconds: encoders' delays differ by less, and who is so late cannot be told from who is not."""
_SESSION_CLOCKS = frozenset({"matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "ogg", "nut", "flv", "asf"})
"""Containers, by FFmpeg's names, that count from when a session begins; a track that joins later begins later."""


@dataclass(frozen=True)
class Recording:
    """A recorded conversation.

    Attributes:
        mixed: Both voices in one track.
        voices: Each person's own voice, where they are known apart, without what the tracks carry of the other's.
        notes: What the user should be told, one line each.
        sources: The files it was read from.
        begins: Seconds at which each file begins, on the recording's clock.
    """

    mixed: Audio
    voices: tuple[Audio, Audio] | None
    notes: tuple[str, ...]
    sources: tuple[Path, ...] = ()
    begins: tuple[float, ...] = ()


def open_recording(paths: Sequence[Path | str]) -> Recording:
    """Reads a conversation from one file or two.

    One file holds both people: mixed, or one person per channel or per track, which is recognised and announced in the
    notes. Two files hold one person each, on one clock: that of their time stamps where those overlap, otherwise one
    that begins with both; what is missing is padded. What a person's track carries of the other's voice is suppressed.

    Raises:
        InputError: A file cannot be used (see `read_audio`), there is less than 0.2 s, two files hold the same sound,
            or not one or two files.
    """
    if len(paths) == 1:
        return _from_one(Path(paths[0]))
    if len(paths) == 2:
        return _from_two(Path(paths[0]), Path(paths[1]))
    raise InputError(f"{len(paths)} recordings given; pass one (both people) or two (one person each)")


def _from_one(path: Path) -> Recording:
    tracks = read_tracks(path)
    longest = max(track.duration for track in tracks)
    if longest < SHORTEST:
        raise InputError(f"{path}: lasts {longest:.3f} s; at least {SHORTEST} s are needed")
    used, told = _people_in(tracks)
    notes = [note for track in (tracks[0], *used) for note in track.notes]
    notes += [note for track in used for note in _rate_notes(path, track.source_rate)]
    notes += [f"{path.name}: {line}" for line in told.lines]
    notes += _silence_notes(path, told.mixed)
    return Recording(told.mixed, told.voices, tuple(dict.fromkeys(notes)), (path,), (0.0,))


def _people_in(tracks: Sequence[DecodedAudio]) -> tuple[list[DecodedAudio], Told]:
    """Which tracks of a file are used, and what is in them.

    Two tracks of one person each are, wherever they are among others, at best two that carry nothing of each other;
    then a mix and a track of one of its people; otherwise the first in which there is about as much to hear as in any,
    whose channels may be one person each.
    """
    longest = max(track.duration for track in tracks)
    sounds = [mix(*track.channels).lasting(longest) for track in tracks]
    heard = [i for i, sound in enumerate(sounds) if not _is_silent(sound)][:_MOST_TRACKS]
    pairs = list(combinations(heard, 2))
    why = "no two of them are one person each"
    found: list[tuple[int, int, Told]] = []
    for i, j in pairs:
        told = tell_apart(sounds[i], sounds[j], _track_names(i, j), "track")
        if told.what == "people":
            found.append((i, j, told))
            if len(told.lines) == 1:  # nothing is carried
                break
        if told.what == "same" and len(tracks) == 2:
            why = "both hold the same sound"
    if not found:
        rests = ((i, j, tell_rest(sounds[i], sounds[j], _track_names(i, j))) for i, j in pairs)
        found = [(i, j, told) for i, j, told in rests if told is not None][:1]
    if found:
        i, j, told = min(found, key=lambda each: len(each[2].lines))
        which = (f"of {len(tracks)} audio tracks, {i + 1} and {j + 1} are used",) if len(tracks) > 2 else ()
        return [tracks[i], tracks[j]], told._replace(lines=(*which, *told.lines))
    number = _fullest(sounds, heard) if heard else 0
    channels = tracks[number].channels
    if len(channels) == 2:
        told = tell_apart(*channels, ("the first channel", "the second channel"), "channel")
    else:
        told = Told("mix", channels[0], None, ())
    if len(tracks) > 1:
        told = told._replace(lines=(f"has {len(tracks)} audio tracks; number {number + 1} is used: {why}", *told.lines))
    return [tracks[number]], told


def _track_names(i: int, j: int) -> tuple[str, str]:
    return f"track {i + 1}", f"track {j + 1}"


def _fullest(sounds: Sequence[Audio], heard: Sequence[int]) -> int:
    """The first track in which there is about as much to hear as in any; one person's alone has half of a mix's."""
    shares = [heard_share(sounds[i]) for i in heard]
    return next(i for i, share in zip(heard, shares, strict=True) if share >= _AS_MUCH * max(shares))


def _from_two(path_a: Path, path_b: Path) -> Recording:
    paths, decoded = (path_a, path_b), (read_audio(path_a), read_audio(path_b))
    sounds = [mix(*each.channels) for each in decoded]
    notes: list[str] = []
    for path, each, sound in zip(paths, decoded, sounds, strict=True):
        notes += [*each.notes, *_rate_notes(path, each.source_rate), *_silence_notes(path, sound)]
    if max(sound.duration for sound in sounds) < SHORTEST:
        raise InputError(f"{path_a} and {path_b}: last less than {SHORTEST} s; at least that much is needed")
    begins, told = _begins(paths, decoded)
    if any(begins):
        sounds = [
            Audio(np.pad(sound.samples, (round(begin * SAMPLE_RATE), 0)))
            for sound, begin in zip(sounds, begins, strict=True)
        ]
    pair = Pair(sounds[0], sounds[1])
    if pair.same is not None and not pair.same.is_echo:
        raise InputError(
            f"{path_a} and {path_b}: contain the same audio: whatever their formats, both hold the same sound; "
            "pass only one of them, or one recording per person"
        )
    (own_a, own_b), carried = pair.own_voices()
    notes += [*told, *_length_notes(paths, sounds, shared=any(begins))]
    for copy in carried:
        me, other = "AB"[copy.track], "BA"[copy.track]
        notes.append(f"{me}'s track carries {other}'s voice, {copy}; it is suppressed and does not count as speech")
    if pair.same is not None:
        me, other = "BA" if pair.same.seconds > 0 else "AB"
        notes.append(
            f"{me}'s track holds nothing but that echo: {me} is taken to listen to {other} throughout; "
            "if both files are recordings of the same conversation, pass only one of them"
        )
    longest = max(sound.duration for sound in sounds)
    a, b = own_a.lasting(longest), own_b.lasting(longest)
    mixed = mix(*(sound.lasting(longest) for sound in sounds))
    return Recording(mixed, (a, b), tuple(notes), paths, begins)


def _begins(
    paths: tuple[Path, Path], decoded: tuple[DecodedAudio, DecodedAudio]
) -> tuple[tuple[float, float], list[str]]:
    """Seconds at which each of two files begins on their common clock, and what to say of it.

    Two files of one kind, or of kinds whose clocks show zero when a session begins, are taken to share it, unless their
    time stamps lie so far apart that nobody would hear the other: then each recorder had its own. Others have no clock,
    as WAV, or one that begins anywhere, as MPEG transport streams.
    """
    first, second = decoded
    apart = second.start - first.start
    if first.container != second.container and not _SESSION_CLOCKS.issuperset((first.container, second.container)):
        return (0.0, 0.0), _unused_starts(paths, decoded)
    if abs(apart) < _TOGETHER:
        return (0.0, 0.0), []
    earlier, later = (0, 1) if apart > 0 else (1, 0)
    if abs(apart) >= decoded[earlier].duration:
        return (0.0, 0.0), [
            f"{paths[later].name}: its time stamps begin {_span(abs(apart))} after the other file's, past its end; "
            "both are assumed to start together"
        ]
    begins = (max(-apart, 0.0), max(apart, 0.0))
    return begins, [f"{paths[later].name}: begins {abs(apart):.1f} s after the other file, as their time stamps say"]


def _unused_starts(paths: tuple[Path, Path], decoded: tuple[DecodedAudio, DecodedAudio]) -> list[str]:
    return [
        f"{path.name}: its time stamps begin at {_span(each.start)}; that is not used, as the other file has no clock "
        "to compare it with; both are assumed to start together"
        for path, each in zip(paths, decoded, strict=True)
        if abs(each.start) >= _TOGETHER
    ]


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _length_notes(paths: tuple[Path, Path], sounds: Sequence[Audio], *, shared: bool) -> list[str]:
    shorter = 0 if len(sounds[0]) < len(sounds[1]) else 1
    missing = sounds[1 - shorter].duration - sounds[shorter].duration
    if missing <= 0.1:
        return []
    name = paths[shorter].name
    if shared:
        return [f"{name}: ends {missing:.1f} s before the other file; the end is padded with silence"]
    return [
        f"{name}: is {missing:.1f} s shorter than the other file; "
        "both are assumed to start together; the end is padded with silence"
    ]


def _rate_notes(path: Path, rate: int) -> list[str]:
    if rate >= SAMPLE_RATE:
        return []
    return [f"{path.name}: sampled at {rate / 1000:g} kHz (telephone quality); lip shapes will be less exact"]


def _silence_notes(path: Path, audio: Audio) -> list[str]:
    return [f"{path.name}: is silent; no speech will be detected"] if _is_silent(audio) else []


def _is_silent(audio: Audio) -> bool:
    return bool(np.abs(audio.samples).max(initial=0) < _SILENCE)
