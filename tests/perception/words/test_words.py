"""Words of a real telephone call, and of a recogniser whose answers are known."""

import csv
from pathlib import Path

import numpy as np
import pytest

from visavis import assets
from visavis.conversation import Conversation, Participant, Track, Word
from visavis.errors import InputError, MissingExtraError
from visavis.evaluation.word_errors import word_errors, word_time_errors
from visavis.media import SAMPLE_RATE, Audio, read_audio
from visavis.perception.protocol import get_extractor
from visavis.perception.words import extractor
from visavis.perception.words.extractor import FasterWhisper
from visavis.perception.words.whisper import Heard, Whisper

SECONDS = 40.0
TALK = Path(__file__).resolve().parents[3] / "examples" / "talk.wav"


@pytest.fixture(scope="module")
def model():
    pytest.importorskip("faster_whisper")
    pytest.importorskip("pocketsphinx")
    try:
        for name in ("whisper-tiny.en", "segmentation-3.0", "ge2e-speaker"):
            assets.resolve(name)
    except InputError as error:
        pytest.skip(f"weights are not available here: {error}")
    return Whisper()


@pytest.fixture(scope="module")
def call(model, real_data):
    """The first part of the telephone call with separate voices, recognised."""
    a, b = (read_audio(real_data / f"phone-call/speaker_{s}.wav").channels[0].slice(0, SECONDS) for s in "ab")
    people = (Participant("A", audio=a), Participant("B", audio=b))
    return get_extractor("words")(Conversation("call", people, SECONDS))


def spoken(real_data, side):
    with (real_data / "phone-call/norm.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r["speaker"] == side and float(r["end"]) < SECONDS]
    return " ".join(r["norm_text"] for r in rows)


def test_words_of_separate_voices(call, real_data):
    heard = [" ".join(w.text for w in person.words if w.end < 37.2) for person in call]
    errors = [word_errors(spoken(real_data, side), text) for side, text in zip("AB", heard, strict=True)]
    assert errors[0].rate < 0.35
    assert errors[1].rate < 0.25
    assert sum(e.words for e in errors) > 100


def test_word_times_are_those_of_the_transcript(call, real_data):
    with (real_data / "phone-call/word.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r["word"] and float(r["end"]) < SECONDS]
    truth = [Word(r["word"], float(r["start"]), float(r["end"])) for r in rows if not r["word"].startswith("[")]
    errors = np.abs(word_time_errors(truth, call.a.words))
    assert len(errors) > 20
    assert np.median(errors) < 0.04
    assert np.percentile(errors, 80) < 0.15


def test_utterances_are_turns_and_backchannels_within_the_call(call):
    for person in call:
        starts = [u.start for u in person.utterances]
        assert starts == sorted(starts)
        assert all(0 <= u.start <= w.start <= w.end <= u.end <= SECONDS for u in person.utterances for w in u.words)
        acknowledged = [u.text.lower() for u in call.a.utterances if u.kind == "backchannel" and 35 < u.start < 37]
    assert [text.strip(".,") for text in acknowledged] == ["uh-huh"]
    assert sum(u.kind == "turn" for u in call.b.utterances) >= 5


def test_what_is_not_known_of_the_language_is_said(call):
    assert call.provenance["language"] == {"code": "en", "probability": None, "by": "assumed"}
    assert call.provenance["words"]["model"] == "whisper-tiny.en"
    assert call.provenance["words"]["confidence"] > 0.75
    assert "the language is assumed to be English, the only one whisper-tiny.en supports" in call.provenance["notes"]
    assert not any("unsure" in note for note in call.provenance["notes"])


def test_words_of_a_mixed_track_go_to_who_says_them(model, call):
    """A's speech apart from overlaps, at a time when who speaks is known."""
    mixed = Audio(0.5 * (call.a.audio.samples + call.b.audio.samples))
    people = tuple(Participant(p.name, speaking=p.speaking) for p in call)
    done = FasterWhisper()(Conversation("mix", people, SECONDS, mixed).window(0.0, 24.0))
    a, b = ({w.text.lower().strip(".,?") for w in person.words} for person in done)
    assert {"months", "approximately", "farm"} & a
    assert {"york", "season", "gardening"} & b
    assert not {"york", "season"} & a
    assert not {"months", "farm"} & b


def test_the_same_sound_gives_the_same_words(model, call):
    sound = call.b.audio.slice(3, 12)
    assert model(sound, "en") == model(sound, "en")


def test_what_was_aligned_before_moves_no_word(model):
    sound = read_audio(TALK).channels[0].slice(0, 8)
    talk = Conversation("x", (Participant("A"), Participant("B")), sound.duration, sound)
    found = [[person.words for person in FasterWhisper()(talk)] for _ in range(3)]
    assert found[0] == found[1] == found[2]


def test_silence_and_noise_have_no_words(model):
    noise = 0.05 * np.random.default_rng(0).standard_normal(6 * SAMPLE_RATE)
    for sound in (np.zeros(6 * SAMPLE_RATE), noise):
        done = FasterWhisper()(Conversation("x", (Participant("A"), Participant("B")), 6.0, Audio(sound)))
        assert done.a.words == done.b.words == ()
        assert done.provenance["language"]["code"] is None
        assert "no words were recognised" in done.provenance["notes"]


def test_numbers_are_written_as_they_are_said(model, monkeypatch):
    from types import SimpleNamespace

    told = {}
    tokenizer = model.network.hf_tokenizer
    network = SimpleNamespace(
        transcribe=lambda *_, **options: told.update(options) or ((), None), hf_tokenizer=tokenizer
    )
    monkeypatch.setattr(model, "network", network)
    model(Audio.silence(1.0), "en")
    usual, *figures = told["suppress_tokens"]
    assert usual == -1  # what Whisper never writes
    vocabulary = {at: token for token, at in tokenizer.get_vocab().items()}
    assert all(any(c in "0123456789%$£€#&+=" for c in vocabulary[at]) for at in figures)
    assert not any(vocabulary[at].startswith("<|") for at in figures)
    assert len(figures) > 1000


def test_parts_of_a_word_are_joined_within_a_sentence(model, monkeypatch):
    from types import SimpleNamespace

    def segment(*texts, loops=1.0):
        parts = [SimpleNamespace(word=t, start=i, end=i + 1.0, probability=0.9 - i / 10) for i, t in enumerate(texts)]
        return SimpleNamespace(words=parts, compression_ratio=loops)

    answer = [segment(" Uh", "-huh.", " I"), segment("Well"), segment(" ")]
    network = SimpleNamespace(transcribe=lambda *_, **__: (answer, None), hf_tokenizer=model.network.hf_tokenizer)
    monkeypatch.setattr(model, "network", network)
    heard = model(Audio.silence(3.0), "en")
    assert [h.word.text for h in heard] == ["Uh-huh.", "I", "Well"]
    assert (heard[0].word.start, heard[0].word.end, heard[0].probability) == (0.0, 2.0, 0.8)
    assert [h.word.text for h in model(Audio.silence(3.0), "ja")] == ["Uh", "-huh.", "I", "Well"]
    answer.append(segment(" okay", loops=9.8))
    assert model(Audio.silence(3.0), "en") is None


def test_languages_of_an_english_model(model):
    with pytest.raises(InputError, match="supports English only and cannot detect languages"):
        model.language(Audio.silence(1.0))
    with pytest.raises(InputError, match="supports English only, not 'de'"):
        FasterWhisper(language="de")(talk())


def test_languages_of_a_multilingual_model(model, monkeypatch):
    """As faster-whisper answers, with a stand-in for the network: the built-in one cannot tell languages."""
    from types import SimpleNamespace

    answer = ("de", 0.7, [("de", 0.7), ("nl", 0.3)])
    network = SimpleNamespace(model=SimpleNamespace(is_multilingual=True), detect_language=lambda audio: answer)
    monkeypatch.setattr(model, "network", network)
    assert model.language(Audio.silence(1.0)) == {"de": 0.7, "nl": 0.3}


def test_a_model_that_cannot_be_had_is_one_line():
    pytest.importorskip("faster_whisper")
    with pytest.raises(InputError, match=r"'\./no/such/model' cannot be loaded \(.*\); pass a size, a Hub id"):
        Whisper("./no/such/model")


def test_no_sound_is_one_line():
    with pytest.raises(InputError, match="has no audio"):
        FasterWhisper()(Conversation("x", (Participant("A"), Participant("B")), 1.0))


# --- with a recogniser whose answers are known ---------------------------------------------------------------------


def talk(seconds=60.0):
    """A speaks from 1 to 3 s and from 30 to 31 s, B from 10 to 14 s, on tracks of their own."""
    people = []
    for name, spans in (("A", [(1, 3), (30, 31)]), ("B", [(10, 14)])):
        speaking = np.zeros(round(seconds * 25), np.float32)
        for start, end in spans:
            speaking[start * 25 : end * 25] = 0.9
        people.append(Participant(name, audio=Audio.silence(seconds), speaking=Track(speaking, 25.0, ("speaking",))))
    return Conversation("x", (people[0], people[1]), seconds)


class Known:
    """Says one word in the middle of what it gets; loops on tracks longer than `loops`."""

    name = "known"
    multilingual = True

    def __init__(self, word, languages, loops=99.0, probability=0.9):
        self.word, self.languages, self.loops, self.probability = word, languages, loops, probability
        self.heard, self.told = [], []

    def language(self, audio):
        return self.languages

    def __call__(self, audio, language, *, repeat=True):
        self.heard.append((round(audio.duration, 2), repeat))
        self.told.append(language)
        if audio.duration > self.loops and repeat:
            return None
        middle = audio.duration / 2
        return [Heard(Word(self.word, middle - 0.1, middle + 0.1), self.probability)]


def use(monkeypatch, known):
    monkeypatch.setattr(extractor, "whisper", lambda name, device: known)
    return known


def test_a_multilingual_model_tells_the_language(monkeypatch):
    known = use(monkeypatch, Known("ja", {"de": 0.8, "nl": 0.2}))
    done = FasterWhisper("small")(talk())
    assert done.provenance["language"] == {"code": "de", "probability": 0.8, "by": "known"}
    assert set(known.told) == {"de"}
    assert not any("assumed to be English" in note for note in done.provenance.get("notes", []))
    given = FasterWhisper("small", language="nl")(talk())
    assert given.provenance["language"] == {"code": "nl", "probability": None, "by": "given"}
    assert known.told[-1] == "nl"


def test_each_voice_is_heard_where_its_own_person_speaks(monkeypatch):
    known = use(monkeypatch, Known("ja", {"de": 1.0}))
    done = FasterWhisper("small")(talk())
    assert [duration for duration, _ in known.heard] == [2.4 + 0.5 + 1.4 + 0.5, 4.4 + 0.5]
    assert [round(w.start, 2) for w in done.b.words] == [pytest.approx(12.15, abs=0.03)]
    assert len(done.a.words) == 1


def test_a_loop_is_heard_again_stretch_by_stretch(monkeypatch):
    known = use(monkeypatch, Known("ja", {"de": 1.0}, loops=2.0))
    done = FasterWhisper("small")(talk())
    assert known.heard[:4] == [(4.8, True), (2.4, True), (2.4, False), (1.4, True)]
    assert [round(w.start, 1) for w in done.a.words] == [1.9, 30.4]


def test_unsure_words_are_said_to_be(monkeypatch):
    use(monkeypatch, Known("ja", {"de": 1.0}, probability=0.4))
    notes = FasterWhisper("small")(talk()).provenance["notes"]
    assert notes == ["the words are uncertain (mean probability 0.40): poor audio or a different language"]


def test_what_is_missing_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(MissingExtraError, match=r"recognising words needs .* pip install 'visavis\[perception\]'"):
        Whisper()
