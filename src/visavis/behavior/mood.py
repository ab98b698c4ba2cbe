"""Moods: what the words say is felt by who says them and answered by who hears them.

What is felt is shown while it is said and for a while after: felt expressions last 0.5 to 4 s (Ekman 1984, "Expression
and the nature of emotion"). Listeners mimic what is affiliative and answer distress with concern, weaker and later:
happiness is mimicked most; anger is not mimicked but answered with a sober face (Hess & Fischer 2013, "Emotional
mimicry as social regulation", Pers. Soc. Psychol. Rev. 17); concern has drawn and raised inner brows (Eisenberg et al.
1989, "Relation of sympathy and personal distress to prosocial behavior", J. Pers. Soc. Psychol. 57).

Without words the voice tells how aroused a person is (loudness, range of pitch, rate: Juslin & Scherer 2005, "Vocal
expression of affect"), but hardly how pleasant that is; so valence only drifts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from visavis.behavior.context import Person
from visavis.behavior.curves import FPS, Array, wander
from visavis.behavior.events import Event
from visavis.behavior.words import speaks_english, timed
from visavis.conversation import Conversation, Interval, Word
from visavis.errors import InputError
from visavis.perception.emotion.classifier import AFFECT, Emotion
from visavis.perception.emotion.labels import LABELS
from visavis.perception.words.backchannels import acknowledges

Classifier = Callable[[Sequence[str]], Sequence[Emotion]]

LINGERS = 1.2
"""Seconds that a feeling stays after its words."""
ANSWERS = MappingProxyType({
    "happy": ("happy", 0.6), "sad": ("sad", 0.6), "angry": ("sad", 0.35), "surprised": ("surprised", 0.5),
    "afraid": ("sad", 0.45), "disgusted": ("disgusted", 0.4), "curious": ("curious", 0.4),
})  # fmt: skip
"""What a listener shows at each feeling of the speaker, and how strongly relative to the speaker."""
DELAY = (0.65, 0.35)
"""Median (s) and spread (of the logarithm) of a listener's answer after the first second of the words, or their end:
facial muscles answer a picture within 0.3 to 0.4 s (Dimberg & Thunberg 1998); words have to be understood first."""
LONGEST_PIECE = 30
"""Words after which the next mark, comma included, ends a piece that has one feeling."""
PIECE = 4.0
"""Seconds of speech that have one mood where there are no words."""
DRIFT = 0.15
"""Spread of the valence that nothing is known about."""
FELT = 1.4
"""How strongly is felt what the words are classified as, for each unit of confidence, up to 1: with less, brows and
smiles move less than those of real people."""
SURE = 0.6
"""The confidence of labels; the number is ours."""


def moods_of(
    rng: np.random.Generator, conversation: Conversation, people: tuple[Person, Person], classifier: Classifier | None
) -> tuple[list[Event], list[Event]]:
    """Events ``mood`` of A and B, in order of start.

    Args:
        rng: Where chance comes from: delays of listeners, and drift where there are no words.
        conversation: With what is said, if that is known. Where events `visavis.perception.emotion.labels.LABELS` say
            what is felt, that is felt, whatever the words are.
        people: What `visavis.behavior.context.people_of` knows of them.
        classifier: Tells the emotion of texts, as `visavis.perception.emotion.classifier.EmotionClassifier` does;
            None where nobody says a word.
    """
    moods: tuple[list[Event], list[Event]] = ([], [])
    for i, person in enumerate(conversation.participants):
        words, _ = timed(person.utterances)
        if classifier is not None and words and speaks_english(words):
            said = [piece for piece in pieces(words) if not acknowledges(word.text for word in piece)]
            felt = _told(said, person.events.get(LABELS, ()), classifier)
            for piece, emotion in zip(said, felt, strict=True):
                start, end = piece[0].start, max(w.end for w in piece)
                _feel(moods[i], emotion, start, min(end + LINGERS, conversation.duration))
                _answer(rng, moods[1 - i], emotion, start, end, conversation.duration)
        else:
            moods[i].extend(_of_voice(rng, people[i], conversation.duration))
    for events in moods:
        events.sort(key=lambda event: event.start)
    return moods


def _told(said: Sequence[Sequence[Word]], labels: Sequence[Interval], classifier: Classifier) -> list[Emotion]:
    """The emotion of each piece: the label in which it begins, else what its words are classified as."""
    known = [next((i.label for i in labels if i.start <= piece[0].start < i.end), None) for piece in said]
    unknown = [piece for piece, label in zip(said, known, strict=True) if label is None]
    found = iter(classifier([" ".join(w.text for w in piece) for piece in unknown]) if unknown else ())
    return [next(found) if label is None else _labelled(label) for label in known]


def _labelled(label: str) -> Emotion:
    if label not in AFFECT:
        raise InputError(f"there is no emotion {label!r}; there are {', '.join(AFFECT)}")
    valence, arousal = AFFECT[label]
    return Emotion(label, SURE, valence, arousal)


def pieces(words: Sequence[Word]) -> list[list[Word]]:
    """Words in pieces that have one feeling each: sentences, or what lies between pauses of a second and more."""
    found: list[list[Word]] = []
    done = True
    for word in words:
        if done or word.start - found[-1][-1].end > 1.0:
            found.append([])
        found[-1].append(word)
        done = word.text.endswith((".", "!", "?", "…", '"')) and len(found[-1]) > 2
        done = done or (len(found[-1]) >= LONGEST_PIECE and word.text.endswith(","))
    return found


def _feel(events: list[Event], emotion: Emotion, start: float, end: float) -> None:
    events.append(Event("mood", start, end, emotion.label, _strength(emotion), emotion.valence, emotion.arousal))


def _strength(emotion: Emotion) -> float:
    return min(1.0, FELT * emotion.confidence)


def _answer(
    rng: np.random.Generator, events: list[Event], emotion: Emotion, start: float, end: float, duration: float
) -> None:
    delay = float(np.exp(rng.normal(np.log(DELAY[0]), DELAY[1])))
    label, share = ANSWERS.get(emotion.label, ("", 0.0))
    begin = start + min(1.0, end - start) + delay
    if share and begin < duration:
        strength = share * _strength(emotion)
        # Anger and fear are answered with concern: the listener is as displeased and less aroused.
        arousal = emotion.arousal if label == emotion.label else 0.0
        stop = min(end + delay + LINGERS, duration)
        events.append(Event("mood", begin, max(begin, stop), label, strength, emotion.valence, arousal))


def _of_voice(rng: np.random.Generator, me: Person, duration: float) -> list[Event]:
    """Moods without words: arousal by the voice, in pieces of `PIECE` seconds of each phrase; valence drifts."""
    drift = DRIFT * np.tanh(wander(rng, me.frames, 20.0)[:, 0])
    spans = []
    for phrase in me.phrases:
        number = max(1, round((phrase.end - phrase.start) / PIECE))
        edges = np.linspace(phrase.start, min(phrase.end, duration), number + 1)
        spans += [(float(a), float(b)) for a, b in pairwise(edges) if b - a > 0.5]
    if not spans:
        return []
    arousal = _arousal(me, spans)
    return [
        Event("mood", a, min(b + LINGERS, duration), "", 1.0, float(drift[min(me.frames - 1, int(a * FPS))]), float(y))
        for (a, b), y in zip(spans, arousal, strict=True)
    ]


def _arousal(me: Person, spans: Sequence[tuple[float, float]]) -> Array:
    """Arousal (N,) from -1 to 1: loudness, spread of pitch and rate of stresses against the person's own usual."""
    stresses = np.array([time for time, _ in me.accents])
    rows = []
    for a, b in spans:
        loud, pitch = (x[int(a * FPS) : max(int(a * FPS) + 1, int(b * FPS))] for x in (me.energy, me.pitch))
        voiced = pitch[pitch != 0]
        rate = ((stresses >= a) & (stresses < b)).sum() / (b - a)
        rows.append((loud.mean() if len(loud) else 0.0, voiced.std() if len(voiced) > 5 else 0.0, rate))
    signs = np.array(rows)
    spread = signs.std(0)
    # Of few pieces the usual is hardly known, so little is said about them.
    sure = len(spans) / (len(spans) + 3)
    scaled = np.divide(signs - signs.mean(0), spread, out=np.zeros_like(signs), where=spread > 1e-6)
    arousal: Array = np.tanh(0.5 * sure * scaled.mean(1))
    return arousal
