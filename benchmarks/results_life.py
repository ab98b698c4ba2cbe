"""Measures how alive people are and writes docs/results/life.md; every part is kept and can be run alone.

    python -m benchmarks.results_life [--part NAME] [--model FOLDER] [--data DIR] [--conversations N] [--seconds S]

Finished pieces lie in --work (default runs/results-life) and are not made again: a run that was stopped goes on. The
document is written from what there is after each part; rows that were not measured yet have a dash.
"""

from __future__ import annotations

import argparse
import math
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from benchmarks import duet_phone, life_controls, lipsync, shown_emotions
from benchmarks.duet_sampling import beside_truth, moved_by, still_error
from benchmarks.life_rows import SECTIONS
from benchmarks.results_duet import measured
from benchmarks.simulated import SEEDS
from visavis.behavior.agreement import Row, agreement, as_text
from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.evaluation.two_sample import Told
from visavis.generation.apply import apply
from visavis.models import from_pretrained
from visavis.models.duet.model import Duet
from visavis.motion import ARKIT, ARKIT_BODY
from visavis.motion.mapping import to_space
from visavis.perception.emotion.classifier import EMOTIONS
from visavis.simulation.dyads.generate import generate
from visavis.simulation.dyads.simulator import VERSION
from visavis.workflows.animate import Request, make_conversation
from visavis.workflows.benchmark.kept import Kept
from visavis.workflows.benchmark.life import LAUGHED, Figures, counted
from visavis.workflows.benchmark.life_lines import table
from visavis.workflows.benchmark.life_real import real_figures, real_mouths
from visavis.workflows.benchmark.life_told import (
    CURVES,
    calls_told_apart,
    faces_told_apart,
    look_in_calls,
    told_from_calls,
    told_from_faces,
)

ROOT = Path(__file__).resolve().parents[1]
ASKED_OF = 8
"""Conversations that doses are asked of, at most."""
Found = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """What is measured, and where its pieces are kept.

    Attributes:
        options: Of the command.
        kept: Pieces.
    """

    options: argparse.Namespace
    kept: Kept

    @cached_property
    def model(self) -> Duet:
        """The model that moves people."""
        model = from_pretrained(self.options.model or "duet")
        assert isinstance(model, Duet)
        return model

    @cached_property
    def weights(self) -> dict[str, str]:
        """What decides how people are moved."""
        return measured(self.options.model)

    @property
    def follows(self) -> bool:
        """Whether the model follows plans."""
        return "plan" in self.model.capabilities.needs

    @property
    def speech(self) -> list[Any]:
        """What decides the held-out speech."""
        return [VERSION, self.options.conversations, self.options.seconds]

    @cached_property
    def simulated(self) -> list[Conversation]:
        """Held-out simulated conversations, with bodies."""
        folder = self.kept.place("simulated", self.speech)
        generate(
            folder, conversations=self.options.conversations, seconds=self.options.seconds, seed=SEEDS["test"],
            space=ARKIT_BODY,
        )  # fmt: skip
        return list(Corpus.open(folder))

    def passes(self) -> float:
        """How often the network runs per window."""
        return moved_by(self.model, [bare(self.simulated[0])], lambda c: apply(c, self.model)[0])[1]

    @cached_property
    def moved(self) -> list[Conversation]:
        """The speech of these, moved by the model as `animate` does it."""
        return self._corpus("moved", self.speech, (apply(bare(c), self.model)[0] for c in self.simulated))

    @cached_property
    def recorded(self) -> list[Conversation]:
        """Recordings, animated."""
        return self._corpus("recorded", [], self._recordings())

    def _corpus(self, name: str, keys: list[Any], made: Iterator[Conversation]) -> list[Conversation]:
        folder = self.kept.place(name, [self.weights, *keys])
        if not folder.is_dir():
            write_corpus(made, folder)
        return list(Corpus.open(folder))

    def _recordings(self) -> Iterator[Conversation]:
        phone, work = self.options.data / "phone-call", self.kept.folder
        mixed = duet_phone.conversations(phone)["mono mix"].mixed
        assert mixed is not None
        mono = work / "phone-mono.wav"
        soundfile.write(mono, mixed.samples, mixed.sample_rate)
        inputs = {"phone-two-files": (phone / "speaker_a.wav", phone / "speaker_b.wav"), "phone-mono": (mono,)}
        inputs |= {path.stem: (path,) for path in sorted((self.options.data / "meeting-clips").glob("*.wav"))}
        for name, paths in inputs.items():
            print(f"animating {name}", flush=True)
            yield replace(make_conversation(Request(paths, model=self.options.model)), id=name)


def bare(conversation: Conversation) -> Conversation:
    """A simulated conversation without what its people do: as if it had been recorded and understood."""
    people = [
        replace(person, motion=None, tracks={}, events={LAUGHED: person.events.get(LAUGHED, ())})
        for person in conversation
    ]
    return conversation.with_participants(people[0], people[1])


# Parts: each makes figures by column.


def real(bench: Bench) -> Found:
    return {"real": {**real_figures(bench.options.data), **real_mouths(bench.options.data)}}


def simulator(bench: Bench) -> Found:
    return {"simulator": counted(bench.simulated)}


def held_out(bench: Bench) -> Found:
    true = [_faces(c) for c in bench.simulated]
    beside = beside_truth([_faces(c) for c in bench.moved], true)
    del beside["jaw p95-p5"]  # `counted` has it person by person
    return {"held-out": {**counted(bench.moved), **beside, "still": still_error(true), "passes": bench.passes()}}


def recordings(bench: Bench) -> Found:
    return {"recordings": counted(bench.recorded)}


def meetings(bench: Bench) -> Found:
    """The plan's people against those of held-out meetings; also the real figures of planned nods and of looks."""
    rows = agreement(bench.options.data, bench.options.draws)
    by = {row.what: row.real for row in rows}
    states = ("silence", "speaking", "listening", "overlap")
    known = {f"planned nods {state}": by[f"nods a minute, {state}"] for state in states}
    return {"real": {**known, "look s": by["median look (s), all"]}, "rows": [asdict(row) for row in rows]}


def lips(bench: Bench) -> Found:
    options = bench.options
    clips = [clip for clip in lipsync.load_clips(options.data)[0] if clip.english]
    jaw = lipsync.measure(lipsync.duet_predictor(options.model), clips)["jawOpen"]
    call = duet_phone.measured(options.data / "phone-call", options.model)
    found = {"clips": float(jaw.best.mean())}
    for name, kind in (("apart", "separate channels"), ("mono", "mono mix")):
        found[f"lips {name}"] = float(np.mean(call[kind].scores))
        found[f"heard {name}"] = call[kind].known
    return {"recordings": found}


def emotion(bench: Bench) -> Found:
    rows, _, _ = shown_emotions.measured(bench.options.data / "topical-chat", bench.options.chats)
    found: Figures = {}
    for row in rows:
        name = f"emotion {row.who}" + (" shuffled" if row.words.startswith("another") else "")
        for end, value in zip(("", " low", " high"), row.recall, strict=True):
            found[name + end] = value * len(EMOTIONS)
    return {"held-out": found}


def told(bench: Bench) -> Found:
    data = bench.options.data
    found: Found = {"real": {**_told("calls", calls_told_apart(data)), **_told("faces", faces_told_apart(data)),
                             "look s in calls": look_in_calls(data)}}  # fmt: skip
    for column, people in (("simulator", bench.simulated), ("held-out", bench.moved), ("recordings", bench.recorded)):
        calls, faces = told_from_calls(data, people), told_from_faces(data, people)
        alone = {f"told {name}": told_from_calls(data, people, (name,)).auc[0] for name in CURVES}
        found[column] = {**_told("calls", calls), **_told("faces", faces), **alone}
    return found


def controls(bench: Bench) -> Found:
    return {"curves": [asdict(each) for each in life_controls.responses(bench.simulated[:ASKED_OF])]}


PARTS: dict[str, Callable[[Bench], Found]] = {
    "real": real, "simulator": simulator, "held-out": held_out, "recordings": recordings, "meetings": meetings,
    "lips": lips, "emotion": emotion, "told": told, "controls": controls,
}  # fmt: skip
MOVING = frozenset({"held-out", "recordings", "lips", "told"})
"""Parts that depend on the weights."""


def _told(name: str, found: Told) -> Figures:
    ends = ("", " low", " high")
    return {
        **{f"told {name}{end}": value for end, value in zip(ends, found.auc, strict=True)},
        **{f"told {name} right{end}": value for end, value in zip(ends, found.accuracy, strict=True)},
    }


def _faces(conversation: Conversation) -> Conversation:
    """Both people without bodies, as the figures of 0.1.0 were measured."""
    people = [replace(p, motion=to_space(p.motion, ARKIT)) for p in conversation if p.motion is not None]
    return conversation.with_participants(people[0], people[1])


# The document


def keys_of(part: str, bench: Bench) -> list[Any]:
    """What decides a part's figures."""
    options = bench.options
    keys: list[Any] = [str(options.data.resolve().name), *bench.speech]
    if part == "emotion":
        keys.append(options.chats)
    if part == "meetings":
        keys.append(options.draws)
    return [*keys, bench.weights] if part in MOVING else keys


def plain(found: Any) -> Any:
    """Without numbers that are none, which JSON does not have."""
    if isinstance(found, dict):
        return {key: plain(value) for key, value in found.items()}
    if isinstance(found, list):
        return [plain(value) for value in found]
    return None if isinstance(found, float) and not math.isfinite(found) else found


def document(bench: Bench, parts: Mapping[str, Found], picture: str, command: str) -> list[str]:
    """Lines of Markdown."""
    figures: dict[str, Figures] = {}
    for found in parts.values():
        for column, values in found.items():
            if isinstance(values, dict):
                known = {key: math.nan if value is None else value for key, value in values.items()}
                figures.setdefault(column, {}).update(known)
    options = bench.options
    lines = [
        "# How alive people are", "", f"Written by `make results-life` (`{command}`).", "",
        f"Weights `{bench.weights['weights']}`; simulator version {VERSION}; {options.conversations} conversations of "
        f"{options.seconds:g} s, from seed {SEEDS['test']}, which nothing was trained on. *Held-out speech* is theirs, "
        "moved as `visavis animate` does it; *recordings* are a telephone call from two files and from one track, and "
        "four clips of meetings. Everything is counted in the motion unless a row says planned. Bold figures miss the "
        "target. The column *0.1.0* is what was measured of that version when this work was planned (issue 16); it is "
        "not measured here.", "",
    ]  # fmt: skip
    if not bench.follows:
        lines += ["**These weights do not follow plans yet**: nothing planned is performed, and nobody has hands.", ""]
    for title, rows in SECTIONS.items():
        lines += [f"## {title}", "", *table(rows, figures), ""]
        if title == "Nods" and "meetings" in parts:
            lines += ["Drawn for the speech of people in meetings that were not used for fitting:", ""]
            limited = [{**row, "within": math.inf if row["within"] is None else row["within"]}
                       for row in parts["meetings"]["rows"]]  # fmt: skip
            lines += [as_text([Row(**row) for row in limited]), ""]
    if "controls" in parts:
        curves = [life_controls.Response(**each) for each in parts["controls"]["curves"]]
        lines += ["## Controls", "", *life_controls.table(curves), "", f"![Dose and response]({picture})", ""]
    return [*lines, *NOTES]


NOTES = (
    "## How it is counted", "",
    "- Real lids, eyes and smiles are those of nine clips of `one-face/`, two minutes, by the landmarker's own scores. "
    "Real heads that speak are the five of them who speak or sing, those that listen the four who are silent, and both "
    "one side of `flame-dyad/` (23 s). Mouths are what the simulator's are fitted to (`fit_lips`). These are few "
    "people, and the figures are as uncertain.",
    "- Nods that real people plan are the annotated ones of held-out meetings of four (AMI); two people alone may nod "
    "otherwise.",
    "- Fixations are an eye tracker's (`psyberlab-gaze/`) at 90 frames a second; ours are found at 25, where a shift "
    "of less than 1.2 degrees is none.",
    "- A nod in motion is what `visavis.motion.events.nods` finds: two swings of the head's pitch. Heads that beat "
    "time while they speak have such swings, too, whether an annotator would call them nods or not.",
    "- Strokes: median distances are to be read beside those of moments drawn from the same speech. Pitch accents are "
    "so frequent that chance is near.",
    "- Told from real people: 0.5 is chance; the column of real people is half of them against the other half. "
    "Brackets are 95 % intervals over dyads, or clips. Looks tell most: in those calls they last twice as long "
    "as in the meetings that ours are fitted to, and no look can be like both.",
    "- Emotion is read off the faces that moods make of the words, before a network performs them; see "
    "[what behaviour goes by](../behavior-cues.md).",
    "- Whether the right person's lips move says little of the mouth: any movement that follows who is heard to speak "
    "does as well as the speaking probabilities beside it.",
    "- Doses of states, emotions, personality and gaze are of the plan; those of stillness and intensity are of "
    "the simulator's motion.",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, help="only this part; the others as far as they are kept")
    parser.add_argument("--model", help="checkpoint folder; the built-in weights unless given")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="real recordings")
    parser.add_argument("--conversations", type=int, default=20, help="held-out conversations")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each")
    parser.add_argument("--chats", type=int, default=shown_emotions.CONVERSATIONS, help="chats whose turns are said")
    parser.add_argument("--draws", type=int, default=3, help="of everybody in the held-out meetings")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "results-life")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results" / "life.md")
    options = parser.parse_args()
    bench = Bench(options, Kept(options.work))
    parts: dict[str, Found] = {}
    command = shlex.join(["python", "-m", "benchmarks.results_life", *sys.argv[1:]])
    for part, make in PARTS.items():
        keys = keys_of(part, bench)
        if options.part not in (None, part) and not bench.kept.place(part, keys, ".json").is_file():
            continue
        print(f"== {part}", flush=True)
        try:
            parts[part] = bench.kept.values(part, keys, lambda make=make: plain(make(bench)))  # type: ignore[misc]
        except InputError as error:
            sys.exit(f"{part}: {error}")
        write(bench, parts, command)
    print(options.out)


def write(bench: Bench, parts: Mapping[str, Found], command: str) -> None:
    """The document and, beside it, the picture of the same name."""
    out: Path = bench.options.out
    out.parent.mkdir(parents=True, exist_ok=True)
    if "controls" in parts:
        curves = [life_controls.Response(**each) for each in parts["controls"]["curves"]]
        life_controls.draw(curves, out.with_suffix(".png"))
    working = out.with_suffix(".tmp")
    working.write_text(
        "\n".join(document(bench, parts, out.with_suffix(".png").name, command)).rstrip() + "\n", "utf-8"
    )
    working.replace(out)


if __name__ == "__main__":
    main()
