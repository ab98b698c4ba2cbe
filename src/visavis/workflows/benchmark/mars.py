"""Words with face and body (MARS, table 4), and whether what is shown means what is said, on any corpus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.errors import InputError
from visavis.evaluation.bert_score import BUILT_IN, TransformerPieces
from visavis.evaluation.meteor import STAGES
from visavis.files import results_folder
from visavis.reporter import SILENT, Reporter
from visavis.workflows.benchmark import acted, swapped
from visavis.workflows.benchmark.cases import Bench, Case, Method, Move, Moved
from visavis.workflows.benchmark.held_out import HeldOut
from visavis.workflows.benchmark.kept import Kept
from visavis.workflows.benchmark.mars_tables import (
    Measures,
    emotion_section,
    movement_section,
    text_sections,
    user_section,
)
from visavis.workflows.benchmark.methods import KEPT, moving
from visavis.workflows.benchmark.report import Report, Section, how_made
from visavis.workflows.benchmark.speakers import (
    Hears,
    Loaded,
    Row,
    Speaker,
    Unigram,
    evenly,
    given_rows,
    untrained_rows,
)
from visavis.workflows.benchmark.spoken_answers import Answered, answers
from visavis.workflows.benchmark.spoken_likelihood import Sums, likelihood

WORDLESS: Hears = "words"
"""What every row hears besides its own."""
DRAWS = 2
"""How often B is generated for each face of A."""


@dataclass(frozen=True)
class MarsRequest:
    """What is asked for.

    Attributes:
        corpus: Folder of a corpus with words, and motion of both people.
        models: Folders, Hub ids or names of MARS; after ``NAME=``, those of one name are seeds of one row.
        text_only: The same of models that learnt words alone (stage ``words``).
        conversations: At most so many of those that are held out, evenly spread.
        answers: Answers drawn in each of them; 0 leaves BERTScore and METEOR out.
        acted: Of so many of them, people are moved by their words, and users' faces swapped; 0 leaves this out.
        encoder: Of BERTScore: ``built-in``, a folder or a Hub id.
        seed: Of everything that is drawn.
        device: ``cpu``, ``cuda`` or ``auto``.
    """

    corpus: Path
    models: tuple[str, ...]
    text_only: tuple[str, ...] = ()
    conversations: int = 100
    answers: int = 1
    acted: int = 20
    encoder: str = BUILT_IN
    seed: int = 0
    device: str = "auto"


def run(request: MarsRequest, out: Path, *, reporter: Reporter = SILENT) -> Report:
    """Measures everything and writes the report to a folder; a run that was stopped goes on.

    Args:
        request: What is asked for.
        out: Folder, made if missing.
        reporter: Shows progress.

    Raises:
        InputError: The corpus, a model, the encoder or the folder cannot be used.
    """
    if not request.models:
        raise InputError("there is nothing to measure: name a model")
    given = given_rows(request.models, request.device)
    wordless = given_rows(request.text_only, request.device, "words")
    seeds = max(len(row.speakers) for row in given)
    untrained = untrained_rows(given, request.device)
    encoder = TransformerPieces(request.encoder) if request.answers else None
    with results_folder(out):
        contexts = [speaker.context for row in (*given, *wordless) for speaker in row.speakers]
        bench = Talks.of(request, out, min(contexts), reporter)
        controls = [
            replace(given[0], name=f"{given[0].name}, {what}", hears=hears)
            for what, hears in CONTROLS.items()
        ]  # fmt: skip
        names = [row.name for row in (*untrained, *wordless, *given, *controls)]
        if twice := [name for name in names if names.count(name) > 1]:
            raise InputError(f"two rows are called {twice[0]!r}; give models names, as in NAME={request.models[0]}")
        measured = [bench.measures(row) for row in (*untrained, *wordless, *given, *controls)]
        sections = text_sections(measured, given[0].name, [row.name for row in wordless], encoder)
        if request.acted:
            sections += bench.meaning(given)
        header = (
            *bench.parts.header(), ("measured", bench.told()), ("seeds", f"{seeds} of a row at most"),
            *((("BERTScore", encoder.name), ("METEOR", STAGES)) if encoder is not None else ()), *how_made(),
        )  # fmt: skip
        report = Report("Words with face and body", header, ABOUT, tuple(sections), tuple(bench.notes))
        report.write(out)
    return report


CONTROLS: dict[str, Hears] = {"codes shuffled in time": "shuffled", "codes of another time": "moved"}
"""Rows of the first model on conversations whose codes are not those of their words."""
ABOUT = (
    "Each person's turns in turn are those of the assistant; predicted is every token of them, from what was said and "
    "shown before. `PPL` is the perplexity of pieces of words where no codes are told at all, `PPL with codes` that of "
    "the same pieces where they stand between codes, `PPL of all` that of words, marks and codes together. NLL-F and "
    "NLL-B are the mean negative log-likelihood (nats) of a code of the face and of the body, among all tokens as in "
    "the paper. Figures of different tokenizers, of words or of motion, do not compare. Sums run over seeds; brackets "
    "hold 95% intervals over conversations.\n\n"
    "Zero-shot: the base model with new rows that were not trained. Shuffled in time: the first model on the same "
    "conversations, each person's codes in random order. Of another time: codes of half a conversation later, in their "
    "own order, so that only what they have to do with the words is lost. Unigram: codes by their frequencies in what "
    "is not held out. Answers are drawn at the model's own temperatures; a turn that does not fit loses its beginning.",
)


@dataclass
class Talks:
    """What all rows are measured on.

    Attributes:
        request: What is asked for.
        parts: The corpus.
        ids: Of the conversations that are measured.
        moving: Of those of them in which both people's motion is known.
        kept: What need not be made again.
        loaded: Reads models.
        context: Tokens of a stretch, for all models.
        notes: Of what was left out.
        reporter: Shows progress.
    """

    request: MarsRequest
    parts: HeldOut
    ids: tuple[str, ...]
    moving: tuple[str, ...]
    kept: Kept
    loaded: Loaded
    context: int
    notes: list[str]
    reporter: Reporter

    @classmethod
    def of(cls, request: MarsRequest, out: Path, context: int, reporter: Reporter) -> Talks:
        """Opens the corpus.

        Raises:
            InputError: It is none, or nobody speaks and moves in what is held out.
        """
        parts = HeldOut.of(request.corpus)
        parts.motion()
        corpus = Corpus.open(request.corpus)
        spoken: dict[str, bool] = {}
        for id in evenly(sorted(parts.test), request.conversations):
            people = corpus[id].participants
            if any(person.words for person in people):
                spoken[id] = all(person.motion is not None for person in people)
        if not spoken:
            raise InputError(f"{request.corpus}: nobody says a word in the conversations that are held out")
        moving = tuple(id for id, known in spoken.items() if known)
        return cls(request, parts, tuple(spoken), moving, Kept(out / KEPT), Loaded(), context, [], reporter)

    def told(self) -> str:
        """What is measured, in words."""
        said = f"{len(self.ids)} conversations, in stretches of at most {self.context:,} tokens"
        return said + (f"; {self.request.answers} answers in each" if self.request.answers else "")

    def conversations(self, ids: Sequence[str]) -> Iterator[Conversation]:
        """Reads some."""
        return (self._corpus[id] for id in ids)

    @cached_property
    def _corpus(self) -> Corpus:
        return Corpus.open(self.request.corpus)

    def unigram(self, speaker: Speaker) -> Unigram:
        """Frequencies of a speaker's codes in what is not held out."""
        model = self.loaded(speaker)

        def make() -> Any:
            found = Unigram.of(model, self.parts.training())
            return [found.face, found.body]

        face, body = self.kept.values("unigram", [self.parts.state, model.codec.fingerprint], make)
        return Unigram(tuple(map(tuple, face)), tuple(map(tuple, body)))

    def measures(self, row: Row) -> Measures:
        """Sums and answers of a row, by seed and conversation; what is kept is not made again."""
        found = Measures(row.name, row.hears, [], [])
        with self.reporter.progress(row.name) as update:
            for number, speaker in enumerate(row.speakers):
                sums: dict[str, dict[str, Sums]] = {}
                said: dict[str, list[Answered]] = {}
                for i, id in enumerate(self.ids, 1):
                    seed = self.request.seed + number
                    sums[id] = {
                        hears: self._likelihood(speaker, id, hears, seed)
                        for hears in dict.fromkeys((WORDLESS, row.hears))
                    }
                    if self.request.answers and row.hears != "moved":
                        said[id] = self._answers(speaker, id, row.hears, seed)
                    update((number + i / len(self.ids)) / len(row.speakers))
                found.sums.append(sums)
                found.answers.append(said)
        return found

    def _likelihood(self, speaker: Speaker, id: str, hears: Hears, seed: int) -> Sums:
        def make() -> Sums:
            model, frequencies = self.loaded(speaker), self.unigram(speaker)
            return likelihood(model, self._corpus[id], hears, self.context, frequencies, seed)

        return self.kept.values(f"likelihood/{hears}", [self.parts.state, speaker.key, self.context, seed, id], make)

    def _answers(self, speaker: Speaker, id: str, hears: Hears, seed: int) -> list[Answered]:
        count = self.request.answers

        def make() -> list[Answered]:
            return answers(self.loaded(speaker), self._corpus[id], hears, count, seed)

        return self.kept.values(f"answers/{hears}", [self.parts.state, speaker.key, count, seed, id], make)

    # Whether it means something

    def meaning(self, rows: Sequence[Row]) -> list[Section]:
        """Emotions and movements of people who are moved by their words, and answers to swapped faces."""
        both = evenly(self.moving, self.request.acted)
        if not both:
            self.notes.append("nobody was moved: no conversation has motion of both people")
            return []
        first = rows[0].speakers[0]
        space = self.loaded(first).space
        bench = Bench(
            lambda: (Case(c, (0, 1), c.id) for c in self.conversations(both)), len(both), space, self.kept,
            self.parts.state, self.reporter,
        )  # fmt: skip
        seed = self.request.seed
        methods: dict[str, list[Method]] = {
            "*as it was*": [Method("as it was", ("truth",), lambda: acted.as_they_did, 1)],
            "*as it was, through the codes*": [
                Method("codes", (first.key,), lambda: acted.through_codes(self.loaded(first)), 1)
            ],
            "codes from the unigram": [
                Method("unigram", (first.key, seed),
                       lambda: acted.by_frequency(self.loaded(first), self.unigram(first), seed), 1)
            ],
            **{row.name: [Method(f"{row.name} {n}", (s.key,), self._moves(s), 1)
                          for n, s in enumerate(row.speakers, 1)] for row in rows},
        }  # fmt: skip
        seen = {name: [acted.seen_in(bench.moved(method), space) for method in own] for name, own in methods.items()}
        sections = [emotion_section(seen), movement_section(seen), self._users(rows, both, bench)]
        self.notes += [f"{what} cannot be read off motion space {space.name!r}, or is nowhere labelled or called for"
                       for what, section in zip(("emotion", "movement", "valence"), sections, strict=True)
                       if section is None]  # fmt: skip
        return [section for section in sections if section is not None]

    def _moves(self, speaker: Speaker) -> Any:
        def move(case: Case, samples: int) -> Sequence[Conversation]:
            inner: Move = moving(self.loaded(speaker))
            return inner(case, samples)

        return lambda: move

    def _users(self, rows: Sequence[Row], ids: Sequence[str], bench: Bench) -> Section | None:
        if not swapped.possible(bench.space):
            return None
        found: dict[str, dict[str, list[dict[str, float]]]] = {}
        for row in rows:
            for n, speaker in enumerate(row.speakers, 1):
                for feeling in (swapped.HAPPY, swapped.SAD):
                    faced = replace(bench, cases=partial(self._faced, ids, feeling))
                    method = Method(f"{row.name} {n}, {feeling} user", (speaker.key,), self._moves(speaker), DRAWS)
                    moved: Iterator[Moved] = faced.moved(method)
                    found.setdefault(row.name, {}).setdefault(feeling, []).append(swapped.valences(moved))
        return user_section(found)

    def _faced(self, ids: Sequence[str], feeling: str) -> Iterator[Case]:
        return swapped.cases(self.conversations(ids), feeling)
