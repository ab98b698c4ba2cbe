"""A real telephone call: words, their times, whose they are and what they are, from separate voices and from a mix."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Participant, Word
from visavis.evaluation.word_errors import word_errors, word_time_errors
from visavis.media import Audio, read_audio
from visavis.perception.speaking import Diarizer
from visavis.perception.words import extractor
from visavis.perception.words.extractor import FasterWhisper
from visavis.perception.words.whisper import BUILT_IN, Whisper

TITLE = "Words of a telephone call"
INTRODUCTION = f"""Two minutes of Switchboard at 8 kHz with `{BUILT_IN}`. Word errors are counted after Whisper's
normalisation (case, punctuation, contractions, numbers, hesitations), acknowledgements (`um-hum`, `uh-huh`) as one
word; broken-off words do not count. Times are those of words that were found, A's only: B's have none in the corpus.
Pairs of words come from the alignment of the texts, which now and then pairs two of the same word said seconds apart:
that, as much as wrong times, is what the 90th percentile shows. "Whisper alone" is faster-whisper with its default
settings, but for sampling, on each voice's whole recording. "Mix" is the mean of both voices; a word that goes to the
wrong person is an error of both."""
SIDES = "AB"


def report(work: Path, data: Path) -> list[str] | None:
    """The section's lines; None where the recording is missing."""
    folder = data / "phone-call"
    if not folder.is_dir():
        return None
    work.mkdir(parents=True, exist_ok=True)
    separate = _call(folder)
    mix = Conversation("mix", (Participant("A"), Participant("B")), separate.duration, separate.mixed)
    rows: dict[str, Callable[[], Conversation]] = {
        "separate voices": lambda: FasterWhisper()(Diarizer()(separate)),
        "separate voices, Whisper's times": lambda: _unaligned(Diarizer()(separate)),
        "separate voices, Whisper alone": lambda: _whisper_alone(separate),
        "mix": lambda: FasterWhisper()(Diarizer()(mix)),
        "mix, Whisper's times": lambda: _unaligned(Diarizer()(mix)),
    }
    found = {name: _measured(work / f"{name.replace(' ', '-')}.json", folder, make) for name, make in rows.items()}
    return [INTRODUCTION, "", *_errors(found), "", *_times(found), "", *_remarks(found, work, data)]


def _call(folder: Path) -> Conversation:
    a, b = (read_audio(folder / f"speaker_{side.lower()}.wav").channels[0] for side in SIDES)
    length = min(len(a), len(b))
    voices = [Audio(voice.samples[:length]) for voice in (a, b)]
    people = (Participant("A", audio=voices[0]), Participant("B", audio=voices[1]))
    mixed = Audio(0.5 * (voices[0].samples + voices[1].samples))
    return Conversation("call", people, mixed.duration, mixed)


def _unaligned(conversation: Conversation) -> Conversation:
    with patch.object(extractor, "refined", lambda audio, words: words):
        return FasterWhisper()(conversation)


def _whisper_alone(conversation: Conversation) -> Conversation:
    from visavis.perception.words.utterances import utterances_of

    model = Whisper().network
    people = []
    for person in conversation:
        assert person.audio is not None
        segments, _ = model.transcribe(person.audio.samples, language="en", word_timestamps=True, temperature=0.0)
        words = [Word(w.word.strip(), w.start, max(w.start, w.end)) for s in segments for w in s.words]
        people.append(replace(person, utterances=utterances_of(words)))
    return conversation.with_participants(people[0], people[1])


def _measured(place: Path, folder: Path, make: Callable[[], Conversation]) -> dict[str, Any]:
    """Errors, times and cost of one row; kept in a file."""
    if not place.is_file():
        start = time.perf_counter()
        done = make()
        seconds = time.perf_counter() - start
        texts = [" ".join(word.text for word in person.words) for person in done]
        errors = [word_errors(_spoken(folder, side), text) for side, text in zip(SIDES, texts, strict=True)]
        measured = {
            "errors": [[e.words, e.substituted, e.deleted, e.inserted] for e in errors],
            "times": word_time_errors(_word_times(folder), done.a.words).tolist(),
            "backchannels": [[u.start, u.end] for u in done.a.utterances if u.kind == "backchannel"],
            "confidence": done.provenance.get("words", {}).get("confidence"),
            "cost": seconds / done.duration,
        }
        place.write_text(json.dumps(measured), "utf-8")
    kept: dict[str, Any] = json.loads(place.read_text("utf-8"))
    return kept


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _spoken(folder: Path, side: str) -> str:
    texts = [row["norm_text"] for row in _rows(folder / "norm.csv") if row["speaker"] == side]
    return " ".join(word for text in texts for word in text.split() if not word.endswith("-"))


def _word_times(folder: Path) -> list[Word]:
    rows = [row for row in _rows(folder / "word.csv") if row["word"] and not row["word"].startswith("[")]
    return [Word(r["word"], float(r["start"]), float(r["end"])) for r in rows if not r["word"].endswith("-")]


def _errors(found: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["| words | side | true | wrong | missed | invented | word error rate |", "| --- | --- |" + " ---: |" * 5]
    for name, measured in found.items():
        if "times" in name:
            continue
        for side, (words, *wrong) in zip(SIDES, measured["errors"], strict=True):
            counts = " | ".join(str(count) for count in (words, *wrong))
            lines.append(f"| {name} | {side} | {counts} | {100 * sum(wrong) / words:.1f} % |")
    return lines


def _times(found: dict[str, dict[str, Any]]) -> list[str]:
    lines = [
        "| times of A's words, ms | words | start, median | start, 90 % | end, median | end, 90 % | shift |",
        "| --- |" + " ---: |" * 6,
    ]
    for name, measured in found.items():
        errors: NDArray[np.float64] = 1e3 * np.array(measured["times"]).reshape(-1, 2)
        far = np.abs(errors)
        cells = [f"{np.percentile(far[:, i], q):.0f}" for i in (0, 1) for q in (50, 90)]
        lines.append(f"| {name} | {len(errors)} | {' | '.join(cells)} | {np.median(errors[:, 0]):+.0f} |")
    return lines


def _remarks(found: dict[str, dict[str, Any]], work: Path, data: Path) -> list[str]:
    labelled = [
        (float(row["start"]), float(row["end"]))
        for row in _rows(data / "phone-call" / "norm.csv")
        if row["speaker"] == "A" and row["backchannel"] != "NOBC"
    ]
    lines = []
    for name in ("separate voices", "mix"):
        guessed = found[name]["backchannels"]
        hit = sum(any(start < b and end > a for a, b in guessed) for start, end in labelled)
        right = sum(any(start < b and end > a for start, end in labelled) for a, b in guessed)
        lines.append(
            f"- Backchannels, {name}: {hit} of the {len(labelled)} that the corpus labels are found as such; "
            f"{right} of the {len(guessed)} found are labelled."
        )
    sure = {name: found[name]["confidence"] for name in ("separate voices", "mix")}
    other = _confidence_in_mandarin(work, data)
    told = "" if other is None else f", {other:.2f} on Mandarin speech, which it writes down as English"
    lines.append(
        f"- Mean probability of the words: {sure['separate voices']:.2f} (separate), {sure['mix']:.2f} (mix){told}. "
        "The model knows no language but English and says so; below 0.7 the words are announced as unsure."
    )
    cost = {name: found[name]["cost"] for name in ("separate voices", "mix")}
    lines.append(
        f"- Seconds per second of the call, who speaks included: {cost['separate voices']:.2f} (separate), "
        f"{cost['mix']:.2f} (mix)."
    )
    return lines


def _confidence_in_mandarin(work: Path, data: Path) -> float | None:
    path, place = data / "rig-speech" / "1114_3_15.wav", work / "mandarin.json"
    if not path.is_file():
        return None
    if not place.is_file():
        audio = read_audio(path).channels[0]
        done = FasterWhisper()(Conversation("m", (Participant("A"), Participant("B")), audio.duration, audio))
        place.write_text(json.dumps(done.provenance["words"]["confidence"]), "utf-8")
    confidence: float | None = json.loads(place.read_text("utf-8"))
    return confidence


if __name__ == "__main__":
    import sys

    print("\n".join(report(Path(sys.argv[1]), Path(sys.argv[2])) or ["the recording is missing"]))
