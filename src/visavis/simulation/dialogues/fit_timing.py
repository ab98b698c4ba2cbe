"""Measures how long words, pauses and gaps are: ``python -m visavis.simulation.dialogues.fit_timing --data DIR``.

Gaps between turns come with `visavis.simulation.dyads.turn_statistics`, the length of words with the phones of
`visavis.perception.words.spoken`; what is written is read by `visavis.corpora.chat_timing`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from visavis.behavior.context import JOIN
from visavis.conversation import Word
from visavis.corpora import ami, chat_timing, switchboard_turns
from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.perception.words.backchannels import acknowledges
from visavis.perception.words.spoken import FUNCTION_WORDS, plain_text, sounds
from visavis.simulation.dyads.parameters import LEVELS
from visavis.simulation.dyads.turn_statistics import merge, turns_of

MOST_PHONES = 12
SILENT = 0.05
"""Seconds without a word that are a silence in the meetings' alignment, where words last until the next one begins."""
EVERY = 4
"""One call in so many is measured."""


def measure(data: Path) -> dict[str, Any]:
    """All numbers.

    Raises:
        InputError: A recording is missing.
    """
    calls = [make() for make in list(switchboard_turns.read(data / "turn-taking").values())[::EVERY]]
    people = [person.words for call in calls for person in call]
    turns = merge(turns_of(call) for call in calls)
    numbers = word_lengths(people)
    numbers["offset"] = _quantiles(turns.offsets)
    numbers["pause"] = _quantiles(turns.pauses)
    numbers["pause_chance"] = silence_after_sentences(data / "ami")
    return {"levels": list(LEVELS), **numbers}


def word_lengths(people: Sequence[Sequence[Word]]) -> dict[str, Any]:
    """Medians of the seconds of words within phrases, and how words and people scatter about them."""
    rows = []  # person, function word?, phones, log seconds, last before a silence?
    for number, words in enumerate(people):
        spoken = [word for word in words if sounds(word.text)]
        for word, after in pairwise(spoken):
            if not acknowledges([word.text]) and word.end - word.start > 0.02:
                function = plain_text(word.text) in FUNCTION_WORDS
                final = after.start - word.end > JOIN
                phones = min(MOST_PHONES, len(sounds(word.text)))
                rows.append((number, function, phones, np.log(word.end - word.start), final))
    person, function, phones, seconds, final = np.array(rows).T
    usual = np.zeros(len(rows))
    medians: dict[str, list[float]] = {}
    for name, kind in (("function", 1), ("content", 0)):
        medians[name] = []
        for count in range(1, MOST_PHONES + 1):
            these = (function == kind) & (phones == count)
            within = these & (final == 0)
            # Long function words hardly exist; the last length that does grows with its phones.
            known = within.sum() >= 20
            last = np.log(medians[name][-1]) + np.log(count / (count - 1)) if medians[name] else 0.0
            middle = float(np.median(seconds[within])) if known else last
            medians[name].append(float(np.exp(middle)))
            usual[these] = middle
    rest = seconds - usual
    paces = np.array([np.mean(rest[(person == i) & (final == 0)]) for i in np.unique(person[final == 0])])
    own = dict(zip(np.unique(person[final == 0]).tolist(), paces.tolist(), strict=True))
    within = np.array([r - own.get(p, 0.0) for r, p in zip(rest, person, strict=True)])
    return {
        "word_seconds": medians,
        "word_spread": float(within[final == 0].std()),
        "person_spread": float(paces.std()),
        "final": float(np.exp(np.median(within[final == 1]) - np.median(within[final == 0]))),
    }


def silence_after_sentences(folder: Path) -> float:
    """Share of the sentences' ends after which a person is silent, in meetings, whose transcripts have full stops."""
    silent = total = 0
    for people in ami.rows_by_meeting(folder / "words.parquet", ("kind", "text")).values():
        for rows in people.values():
            for word, after in pairwise(ami.words_of(rows)):
                if word.text.endswith((".", "?", "!")):
                    total += 1
                    silent += after.start - word.end > SILENT
    return silent / max(1, total)


def _quantiles(values: Sequence[float]) -> list[float]:
    return [float(q) for q in np.quantile(np.asarray(values, float), LEVELS)]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(v) for key, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, list) else round(value, 3)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with turn-taking/ and ami/")
    parser.add_argument("--out", type=Path, default=Path(chat_timing.__file__).with_name("chat_timing.yaml"))
    given = parser.parse_args()
    try:
        numbers = measure(given.data)
    except InputError as error:
        raise SystemExit(str(error)) from None
    text = (
        "# Written by `python -m visavis.simulation.dialogues.fit_timing --data DIR`; see also chat_timing.py.\n"
        "# word_seconds: by the number of phones, from 1; word_spread, person_spread: of the logarithm; final: factor\n"
        f"# before a silence. {switchboard_turns.LICENCE}.\n"
        f"# offset, pause: quantiles at levels, seconds. pause_chance: at a mark; {ami.LICENCE}.\n"
        + yaml.safe_dump(_rounded(numbers), sort_keys=False, default_flow_style=None, width=118)
    )
    with atomic_write(given.out) as part:
        part.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
