"""From the speaker's words and the listener's goal to the reaction in words (RealTalk, section 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from visavis.errors import InputError
from visavis.language.cache import CachedModel
from visavis.language.english import looks_english
from visavis.language.protocol import LanguageModel, Sampling
from visavis.language.registry import BUILT_IN, get_language_model
from visavis.models.retrieval.prompting import (
    PAPER,
    SHOWN,
    SMALL,
    SOCIAL,
    AnswerError,
    Question,
    Style,
    build_messages,
    parse_answer,
)  # fmt: skip
from visavis.models.retrieval.protocol import Describes, Description
from visavis.models.retrieval.stepwise import describe_by_examples, describe_stepwise
from visavis.reporter import Update

RETRIES = 5
"""How often a busy endpoint is asked again."""
MAX_GOAL = 500
"""Characters of a goal."""
ATTEMPTS = 2
"""Answers asked for before a model is given up."""
OTHER_ATTEMPT = 1_000_003
"""Added to the seed of a second attempt."""

EXAMPLES = "examples"
"""Name of describing by worked examples alone."""
ATTENTIVE = Description(
    "What Alex says is not understood.",
    "Sam listens.",
    "Sam listens attentively, with a calm and neutral face.",
    ("neutral mouth", "relaxed brows", "steady gaze on Alex", "head still"),
)
"""The reaction to what is not understood."""


class Describer:
    """Describes a listener's reaction with a language model.

    Answers are kept in a cache on disk, so that what was asked before costs nothing and a batch that was stopped goes
    on where it stopped.

    Args:
        model: A model, or a name as `visavis.language.registry.get_language_model` takes it; the built-in one unless
            given.
        cache: Folder of the answers; the user's cache folder unless given.
        style: How the model is asked: step by step with the nearest examples for the built-in model
            (`visavis.models.retrieval.prompting.SMALL`), in one go with two fixed ones (``PAPER``) for all others.

    Attributes:
        name: The model's.
    """

    def __init__(
        self, model: LanguageModel | str = BUILT_IN, cache: Path | None = None, style: Style | None = None
    ) -> None:
        """Connects to nothing and loads nothing that is built in.

        Raises:
            InputError: The model's address or folder cannot be used.
        """
        chosen = get_language_model(model, RETRIES) if isinstance(model, str) else model
        self._built_in = chosen.name == get_language_model(BUILT_IN).name
        self._model = CachedModel(chosen, cache)
        self.style = style or (SMALL if self._built_in else PAPER)
        self.name = chosen.name

    def __call__(
        self, transcript: str, goal: str, *, seed: int = 0, situation: Sequence[str] | None = None, before: str = ""
    ) -> Description:
        """One reaction.

        Args:
            transcript: What the speaker says.
            goal: What the listener wants or is, such as ``be supportive`` or ``is the speaker's boss``.
            seed: The same one gives the same reaction.
            situation: How it is said, a line each, from `visavis.models.retrieval.situation`.
            before: What the speaker said earlier and the listener has reacted to already.

        Returns:
            The reaction; its notes say what was cut or is doubtful.

        Raises:
            InputError: There are no words in the transcript or the goal.
            AnswerError: The model answered twice without a description.
            LanguageModelError: It did not answer.
        """
        question, notes = read_question(transcript, goal, situation or (), before, self.style.words)
        if self._built_in:
            question, doubts = in_english(question)
            notes = (*notes, *doubts)
        ask = self._step_by_step if self.style.nearest else self._at_once
        found = ask(question, seed) if question.said else ATTENTIVE
        return replace(found, notes=(*notes, *found.notes))

    def describe_all(
        self, pairs: Sequence[tuple[str, str]], *, seed: int = 0, update: Update = lambda _share: None
    ) -> list[Description]:
        """One reaction for each transcript and goal; what is in the cache already is not asked for again.

        Raises:
            InputError: As in `__call__`, naming the pair; everything up to it is kept.
        """
        found = []
        for number, (transcript, goal) in enumerate(pairs, 1):
            try:
                found.append(self(transcript, goal, seed=seed))
            except InputError as error:
                raise type(error)(f"description {number} of {len(pairs)}: {error}") from None
            update(number / len(pairs))
        return found

    def _at_once(self, question: Question, seed: int) -> Description:
        """One answer with all parts, asked for again, saying what was wrong, if it cannot be read."""
        messages, sampling = build_messages(question), self.style.sampling
        reply = self._model(messages, seed, sampling)
        try:
            return parse_answer(reply)
        except AnswerError as error:
            again = f"That cannot be used: {error}. Answer again, with the four lines alone."
        asked = [*messages, {"role": "assistant", "content": reply[:2000]}, {"role": "user", "content": again}]
        second = self._model(asked, seed + OTHER_ATTEMPT, sampling)
        try:
            return parse_answer(second)
        except AnswerError as error:
            self._model.forget(messages, seed, sampling)
            self._model.forget(asked, seed + OTHER_ATTEMPT, sampling)
            raise self._refused(error, second) from None

    def _step_by_step(self, question: Question, seed: int) -> Description:
        """Each part by itself; all of them once more, drawn anew, if one cannot be read."""
        asked: list[tuple[list[dict[str, str]], int, Sampling]] = []
        replies: list[str] = []

        def ask(messages: list[dict[str, str]], sampling: Sampling) -> str:
            asked.append((messages, drawn, sampling))
            replies.append(self._model(messages, drawn, sampling))
            return replies[-1]

        for attempt in range(ATTEMPTS):
            drawn = seed + attempt * OTHER_ATTEMPT
            try:
                return describe_stepwise(ask, question, self.style)
            except AnswerError as error:
                wrong = error
        for call in asked:
            self._model.forget(*call)
        raise self._refused(wrong, replies[-1])

    def _refused(self, error: AnswerError, reply: str) -> AnswerError:
        raw = " ".join(_printable(reply).split())
        raw = raw if len(raw) <= SHOWN else f"{raw[:SHOWN]}..."
        return AnswerError(f"{self.name} returned no usable description in two attempts: {error}; its answer: {raw!r}")


class ByExamples:
    """Describes by the nearest worked examples alone: no language model is asked, and it takes milliseconds."""

    name = "nearest worked examples"

    def __call__(
        self, transcript: str, goal: str, *, seed: int = 0, situation: Sequence[str] | None = None, before: str = ""
    ) -> Description:
        """One reaction; arguments as of `Describer`. Nothing is random, so the seed does not count.

        Raises:
            InputError: There are no words in the transcript or the goal, or the sentence embedding is not available.
        """
        question, notes = read_question(transcript, goal, situation or (), before, SMALL.words)
        question, doubts = in_english(question)
        found = describe_by_examples(question) if question.said else ATTENTIVE
        return replace(found, notes=(*notes, *doubts, *found.notes))


def get_describer(name: str) -> Describes:
    """What describes, by name: ``examples``, or a language model as of `Describer`.

    Raises:
        InputError: It is not available.
    """
    return ByExamples() if name == EXAMPLES else Describer(name)


def read_question(
    transcript: str, goal: str, situation: Sequence[str], before: str, most: int
) -> tuple[Question, tuple[str, ...]]:
    """What is asked for, without what cannot be printed, and notes about what was cut.

    Args:
        transcript: What the speaker says.
        goal: What the listener wants or is.
        situation: How it is said, a line each.
        before: What the speaker said earlier.
        most: Words that count, the last ones.

    Raises:
        InputError: There are no words in the transcript or the goal, or the goal is too long.
    """
    said, wanted = _checked(transcript, "what the speaker says"), _checked(goal, "the listener's goal")
    if len(wanted) > MAX_GOAL:
        raise InputError(f"the listener's goal may have {MAX_GOAL} characters, not {len(wanted)}; shorten it")
    notes = []
    words = said.split()
    if len(words) > most:
        said = " ".join(words[-most:])
        notes.append(f"what the speaker says has {len(words)} words; the reaction is to the last {most}")
    earlier = " ".join(_printable(before).split()[-most:])
    return Question(said, wanted, earlier, tuple(situation)), tuple(notes)


def in_english(question: Question) -> tuple[Question, tuple[str, ...]]:
    """What of a question those understand who know English alone, and notes about the rest.

    Words of the speaker that are not English become none; a goal that is not becomes `SOCIAL`.
    """
    notes = []
    if not looks_english(question.said):
        notes.append(
            "the speaker's words do not look like English, which the built-in model is limited to; the listener is "
            "attentive and shows no reaction to them"
        )
        question = replace(question, said="")
    if not looks_english(question.goal):
        notes.append(
            f"the listener's goal does not look like English, which the built-in model is limited to; {SOCIAL!r} is "
            "used instead"
        )
        question = replace(question, goal=SOCIAL)
    return question, tuple(notes)


def _checked(text: str, what: str) -> str:
    text = " ".join(_printable(text).split())
    if not any(c.isalnum() for c in text):
        raise InputError(f"{what} is empty; enter some words")
    return text


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
