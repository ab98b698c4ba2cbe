"""CANDOR (Reece et al. 2023): half an hour of two strangers on a video call, with transcripts.

    <conversation>/metadata.json                                 speakers: user_id and channel (L or R)
                   transcription/transcript_cliffhanger.csv      turn_id, speaker, start, stop, utterance, ...
                   transcription/transcribe_output.json          words with times, channel by channel
                   processed/<conversation>.mp3                  the left speaker on the left channel
                   processed/<user>.mp4                          each person's picture
    emoca/<conversation>_<user>/...                              EMOCA's codes of the pictures, if the user has made
                                                                 them (see `emoca_codes`)

Of the three transcripts, `cliffhanger` cuts at the ends of sentences, which is what the DIM paper's samples are. The
release without media has no ``processed/``; conversations then have words and roles only. CANDOR holds no motion of
its own.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from visavis.conversation import Conversation, Participant, Track, Utterance, Word
from visavis.corpora.emoca_codes import need_all, read_codes
from visavis.corpora.reading import (
    Recordings,
    need_file,
    need_folder,
    need_name,
    plain_id,
    provenance,
    read_table,
    seconds,
    speaking_in,
)
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.media.container import check_file, opened
from visavis.media.decode import read_audio
from visavis.motion import Motion
from visavis.reading import files_in, read_json

LICENCE = "research only, on request from BetterUp under CANDOR's data agreement; not to be passed on"
TRANSCRIPT = Path("transcription/transcript_cliffhanger.csv")
WORDS = Path("transcription/transcribe_output.json")
CHANNELS = {"L": "ch_0", "R": "ch_1"}
SLACK = 0.05
"""Seconds by which a word may lie outside the utterance it belongs to."""


def read(folder: Path) -> Recordings:
    """One conversation per folder: A is the left speaker; every conversation is a session of its own.

    Raises:
        InputError: There are no conversations, or a file or field of one is missing or mis-shaped.
    """
    need_folder(folder, "the conversations' folders, each with metadata.json")
    places = [path.parent for path in files_in(folder, "*/metadata.json")]
    if not places:
        raise InputError(f"{folder}: contains no CONVERSATION/metadata.json; unpack CANDOR's archives into it")
    return {plain_id(place.name): partial(_conversation, place) for place in places}


def _conversation(place: Path) -> Conversation:
    users = _users(place / "metadata.json")
    words = _words(place / WORDS)
    utterances = _utterances(place / TRANSCRIPT, users, words)
    voices = _voices(place)
    duration = voices[0].duration if voices else max((u.end for side in utterances for u in side), default=0.0)
    codes = _codes(place, users, duration)
    people = []
    for i, user in enumerate(users):
        motion, tracked = codes[i] if codes else (None, None)
        people.append(
            Participant(
                user,
                audio=voices[i] if voices else None,
                utterances=utterances[i],
                speaking=speaking_in(utterances[i], duration),
                motion=motion,
                tracks={"tracked": tracked} if tracked is not None else {},
            )
        )
    return Conversation(
        id=plain_id(place.name),
        participants=(people[0], people[1]),
        duration=duration,
        provenance=provenance("candor", LICENCE, session=place.name, speakers=list(users)),
    )


def _users(path: Path) -> tuple[str, str]:
    """The user ids on the left and on the right channel."""
    by_channel = {}
    speakers = _json(path).get("speakers")
    for speaker in speakers if isinstance(speakers, list) else []:
        if isinstance(speaker, dict) and str(speaker.get("channel")) in CHANNELS and speaker.get("user_id"):
            by_channel[speaker["channel"]] = need_name(str(speaker["user_id"]), f"{path}: 'user_id'")
    if set(by_channel) != set(CHANNELS):
        raise InputError(f"{path}: 'speakers' must name a user_id for the channels L and R")
    return by_channel["L"], by_channel["R"]


def _words(path: Path) -> tuple[list[Word], list[Word]]:
    """The words on the left and on the right channel, with the punctuation that follows them."""
    results = _json(path).get("results")
    labels = results.get("channel_labels") if isinstance(results, dict) else None
    channels = labels.get("channels") if isinstance(labels, dict) else None
    try:
        by_label = {channel["channel_label"]: channel["items"] for channel in channels or []}
        left, right = (_channel(by_label[label]) for label in CHANNELS.values())
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise InputError(
            f"{path}: 'results.channel_labels.channels' is not as published (at {str(error)[:60]})"
        ) from None
    return left, right


def _channel(items: list[dict[str, Any]]) -> list[Word]:
    words: list[Word] = []
    for item in items:
        text = str(item["alternatives"][0]["content"])
        if item["type"] == "pronunciation":
            words.append(Word(text, float(item["start_time"]), float(item["end_time"])))
        elif words:
            words[-1] = Word(words[-1].text + text, words[-1].start, words[-1].end)
    return words


def _utterances(
    path: Path, users: tuple[str, str], words: tuple[list[Word], list[Word]]
) -> tuple[tuple[Utterance, ...], tuple[Utterance, ...]]:
    spans: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for line, row in read_table(path, ("turn_id", "speaker", "start", "stop", "utterance")):
        if row["speaker"] not in users:
            raise InputError(f"{path}, line {line}: 'speaker' is {row['speaker'][:40]!r}, who is not in metadata.json")
        start, stop = (seconds(row[column], path, line, column) for column in ("start", "stop"))
        if stop < start:
            raise InputError(f"{path}, line {line}: stops at {stop} s, before it starts at {start} s")
        spans[users.index(row["speaker"])].append((start, stop))
    left, right = (_with_words(sorted(mine), said) for mine, said in zip(spans, words, strict=True))
    return left, right


def _with_words(spans: list[tuple[float, float]], words: list[Word]) -> tuple[Utterance, ...]:
    """Each word goes to the utterance in which its middle lies; a word in none is left out."""
    starts = np.array([start for start, _ in spans])
    said: list[list[Word]] = [[] for _ in spans]
    for word in words:
        middle = (word.start + word.end) / 2
        at = int(np.searchsorted(starts, middle + SLACK, side="right")) - 1
        if at >= 0 and middle <= spans[at][1] + SLACK:
            said[at].append(word)
    return tuple(Utterance(start, stop, tuple(mine)) for (start, stop), mine in zip(spans, said, strict=True))


def _voices(place: Path) -> tuple[Audio, Audio] | None:
    """Both voices; None in the release without media."""
    if not (place / "processed").is_dir():
        return None
    path = need_file(place / "processed" / f"{place.name}.mp3", "unpack the archive with the processed media again")
    channels = read_audio(path).channels
    if len(channels) != 2:
        raise InputError(f"{path}: has one channel; the release has two, one speaker per channel")
    return channels[0], channels[1]


def _codes(place: Path, users: tuple[str, str], duration: float) -> list[tuple[Motion, Track]] | None:
    folder = place.parent / "emoca"
    if not folder.is_dir():
        return None
    clips = [f"{place.name}_{user}" for user in users]
    need_all(folder, clips)
    found = []
    for clip, user in zip(clips, users, strict=True):
        fps = _frame_rate(place / "processed" / f"{user}.mp4")
        found.append(read_codes(folder, clip, fps, round(duration * fps)))
    return found


def _frame_rate(path: Path) -> float:
    need_file(path, "the frame rate of the codes in emoca/ is that of this video")
    check_file(path)
    with opened(path, "the release's own video") as container:
        rate = container.streams.video[0].average_rate if container.streams.video else None
    if not rate:
        raise InputError(f"{path}: has no frame rate")
    return float(rate)


def _json(path: Path) -> dict[str, Any]:
    found = read_json(need_file(path, "it belongs to every conversation; unpack the archive again"))
    if not isinstance(found, dict):
        raise InputError(f"{path}: JSON, but not an object")
    return found
