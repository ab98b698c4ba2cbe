"""ViCo (Zhou et al. 2022): one person speaks, the other listens.

    RLD_data.csv             attitude, audio, listener, speaker, listener_id, speaker_id, data_split
    audios/<audio>.wav       what the speaker says
    videos/<clip>.mp4        both people's clips, without sound
    emoca/<clip>/...         EMOCA's codes of the clips, if the user has made them (see `emoca_codes`)

The Conversational Head Generation Challenge has ``train.csv`` with video_id, uuid, speaker_id and listener_id in place
of ``RLD_data.csv``; the clips are then ``<uuid>.speaker`` and ``<uuid>.listener``.

ViCo holds no motion of its own: without ``emoca/``, conversations have sound and roles only. Videos have 30 frames
per second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from visavis.conversation import Conversation, Participant
from visavis.corpora.emoca_codes import need_all, read_codes
from visavis.corpora.reading import (
    Recordings,
    need_file,
    need_folder,
    need_name,
    plain_id,
    provenance,
    read_table,
    speaks_all_along,
)
from visavis.errors import InputError
from visavis.media.decode import read_audio

LICENCE = "research only; agree to ViCo's terms before downloading (https://vico.solutions)"
FPS = 30.0


@dataclass(frozen=True)
class _Clip:
    """One row of the table."""

    sound: str
    speaker: str
    listener: str
    people: tuple[str, str]
    split: str | None
    attitude: str | None


def read(folder: Path) -> Recordings:
    """One conversation per row of the table: A speaks, B listens; provenance names split, attitude and people.

    Raises:
        InputError: The table or a sound is missing or mis-shaped, or some clips have codes and others have not.
    """
    need_folder(folder, "RLD_data.csv (or train.csv of the challenge), audios/ and videos/")
    clips = _clips(folder)
    with_codes = (folder / "emoca").is_dir()
    if with_codes:
        need_all(folder / "emoca", (name for clip in clips for name in (clip.speaker, clip.listener)))
    return {plain_id(clip.sound): partial(_conversation, folder, clip, with_codes) for clip in clips}


def _clips(folder: Path) -> list[_Clip]:
    table, challenge = folder / "RLD_data.csv", folder / "train.csv"
    if table.exists():
        columns = ("attitude", "audio", "listener", "speaker", "listener_id", "speaker_id", "data_split")
        return [
            _Clip(
                sound=need_name(row["audio"], f"{table}, line {line}: 'audio'"),
                speaker=need_name(row["speaker"], f"{table}, line {line}: 'speaker'"),
                listener=need_name(row["listener"], f"{table}, line {line}: 'listener'"),
                people=(row["speaker_id"], row["listener_id"]),
                split=row["data_split"],
                attitude=row["attitude"],
            )
            for line, row in read_table(table, columns)
        ]
    if challenge.exists():
        return [
            _Clip(
                sound=need_name(row["uuid"], f"{challenge}, line {line}: 'uuid'"),
                speaker=f"{row['uuid']}.speaker",
                listener=f"{row['uuid']}.listener",
                people=(row["speaker_id"], row["listener_id"]),
                split="train",
                attitude=None,
            )
            for line, row in read_table(challenge, ("video_id", "uuid", "speaker_id", "listener_id"))
        ]
    raise InputError(
        f"{folder}: contains neither RLD_data.csv nor train.csv; pass the folder into which ViCo was unpacked"
    )


def _conversation(folder: Path, clip: _Clip, with_codes: bool) -> Conversation:
    sound = need_file(folder / "audios" / f"{clip.sound}.wav", "the table lists it; unpack audios/ again")
    voice = read_audio(sound).channels[0]
    frames = int(voice.duration * FPS)
    if frames == 0:
        raise InputError(f"{sound}: lasts {voice.duration:.3f} s, less than one frame")
    duration = frames / FPS
    people = []
    for letter, name in zip("AB", (clip.speaker, clip.listener), strict=True):
        motion, tracked = read_codes(folder / "emoca", name, FPS, frames) if with_codes else (None, None)
        people.append(
            Participant(
                letter,
                audio=voice.slice(0, duration) if letter == "A" else None,
                speaking=speaks_all_along(duration, yes=letter == "A"),
                motion=motion,
                tracks={"tracked": tracked} if tracked is not None else {},
            )
        )
    speaker, listener = clip.people
    return Conversation(
        id=plain_id(clip.sound),
        participants=(people[0], people[1]),
        duration=duration,
        provenance=provenance(
            "vico", LICENCE, session=f"{speaker}-{listener}", split=clip.split,
            attitude=clip.attitude, speaker=speaker, listener=listener,
        ),
    )  # fmt: skip
