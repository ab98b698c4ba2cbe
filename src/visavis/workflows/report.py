"""From a corpus to one page about it: counts, the funnel, maps of expressions and gestures, topics, sentiment."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from visavis import __version__
from visavis.conversation.corpus import Corpus
from visavis.corpora.curation.funnel import RECORDS_NAME
from visavis.corpora.report import parts
from visavis.corpora.report.counts import counts
from visavis.corpora.report.filters import Filter, filters
from visavis.corpora.report.looks import look
from visavis.corpora.report.page import Contents, Missing, as_html, as_json
from visavis.corpora.report.survey import Survey, survey
from visavis.corpora.report.talk import Sentiment, sentiment
from visavis.errors import InputError
from visavis.files import atomic_write, results_folder
from visavis.perception.sentiment import get_sentiment
from visavis.reporter import SILENT, Reporter

PAGE, NUMBERS = "report.html", "report.json"


@dataclass(frozen=True)
class Reported:
    """What was written.

    Attributes:
        page: The page.
        missing: Parts of it that the corpus or this installation does not have: one line each.
    """

    page: Path
    missing: tuple[str, ...]


def report(folder: Path, out: Path, *, classifier: str | None = None, reporter: Reporter = SILENT) -> Reported:
    """Writes ``report.html``, which needs nothing beside it, and ``report.json``.

    However large the corpus is, frames of 200 people and 2,000 utterances are looked at; counts are of everything.

    Args:
        folder: A corpus of ours.
        out: Folder for the report; an earlier one in it is replaced.
        classifier: Of sentiment; see `get_sentiment`. The built-in prototypes unless given.
        reporter: Shows progress.

    Raises:
        InputError: It is not a corpus, it is empty or broken, the classifier is not available, or `out` cannot be
            written.
    """
    corpus = Corpus.open(folder)
    if not len(corpus):
        raise InputError(f"{folder}: the corpus is empty, so there is nothing to report")
    with results_folder(out):
        contents = look_through(corpus, classifier, reporter)
        for name, text in ((PAGE, as_html(contents)), (NUMBERS, as_json(contents))):
            with atomic_write(out / name) as temporary:
                temporary.write_text(text, encoding="utf-8")
    found = {field.name: getattr(contents, field.name) for field in fields(contents)}
    lacks = {part.why: name.replace("_", " ") for name, part in reversed(found.items()) if isinstance(part, Missing)}
    return Reported(out / PAGE, tuple(f"no {name}: {why}" for why, name in reversed(lacks.items())))


def look_through(corpus: Corpus, classifier: str | None, reporter: Reporter) -> Contents:
    """Everything that a report says; see `report`."""
    with reporter.progress("counting") as update:
        found = survey(corpus, update)
    with reporter.progress("sampling people") as update:
        looks = look(corpus, found.sample.items, update)
    with reporter.progress("sentiment"):
        mood = _sentiment(found, classifier)
    with reporter.progress("map of expressions"):
        expressions = parts.face_map(looks)
    with reporter.progress("map of gestures"):
        gestures = parts.body_map(looks)
    with reporter.progress("faces and clouds"):
        return Contents(
            name=corpus.folder.resolve().name,
            version=__version__,
            counts=counts(corpus, found),
            languages=found.languages,
            sources=found.sources,
            spaces=found.people,
            funnel=_funnel(corpus.folder),
            face_map=expressions,
            body_map=gestures,
            faces=parts.faces(looks),
            quality=parts.quality(looks),
            topics=parts.topic_cloud(found),
            sentiment=mood,
            moods=parts.mood_clouds(mood),
        )


def _sentiment(found: Survey, classifier: str | None) -> Sentiment | Missing:
    """One that was asked for has to be there; the built-in one need not."""
    if not found.utterances:
        return Missing("no transcript")
    try:
        judge = get_sentiment(classifier) if classifier else get_sentiment()
    except InputError as error:
        if classifier:
            raise
        return Missing(str(error))
    return sentiment(found, judge) or Missing("utterances have no words")


def _funnel(folder: Path) -> list[Filter] | Missing:
    if not (folder / RECORDS_NAME).is_file():
        return Missing("this corpus was not made by visavis curate")
    return filters(folder)
