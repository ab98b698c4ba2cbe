import json
import shutil
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import soundfile

from visavis.conversation import Word
from visavis.errors import InputError
from visavis.perception.words.letters import pronounce
from visavis.perception.words.phones import PHONES, SILENCE, VOWELS, normalise
from visavis.simulation.voices import Voice, available_voices, get_voice
from visavis.simulation.voices.bank import SpeechBank, read_utterance, write_utterance
from visavis.simulation.voices.fill_bank import fill, main
from visavis.simulation.voices.script import utterance
from visavis.simulation.voices.speech import gapless, words_of, words_over_phones

TEXT = "Oh really? I thought you were in the mountains. Did you see Bob, by the way?"


def _needs(engine):
    missing = {
        "flite": not shutil.which("flite"),
        "espeak": not shutil.which("espeak-ng") or not _installed("pocketsphinx"),
        "kokoro": not any(v.startswith("kokoro") for v in available_voices()),
    }.get(engine, False)
    return pytest.mark.skipif(missing, reason=f"{engine} is not installed")


def _installed(module):
    from importlib.util import find_spec

    return find_spec(module) is not None


ENGINES = [
    pytest.param("builtin:ada"),
    pytest.param("builtin:dan"),
    pytest.param("flite:slt", marks=_needs("flite")),
    pytest.param("flite:rms@1.1", marks=_needs("flite")),
    pytest.param("flite:kal", marks=_needs("flite")),
    pytest.param("espeak:en-us", marks=_needs("espeak")),
    # Last, and slow: the other tests leave it out.
    pytest.param("kokoro:af_heart", marks=_needs("kokoro")),
]


@pytest.mark.parametrize("name", ENGINES)
def test_times_fit_the_sound(name):
    voice = get_voice(name)
    assert isinstance(voice, Voice)
    assert voice.name == name
    speech = voice.say(TEXT, 3)
    assert speech.audio.sample_rate == 16_000
    assert [w.text for w in speech.words] == words_of(TEXT)
    assert {p.label for p in speech.phones} <= PHONES
    for items in (speech.words, speech.phones):
        assert all(a.end <= b.start + 1e-6 for a, b in pairwise(items))
    # Phones leave no gap, from the first to the last sample.
    assert speech.phones[0].start == 0
    assert speech.phones[-1].end == pytest.approx(speech.audio.duration, abs=1e-4)
    assert all(a.end == pytest.approx(b.start) for a, b in pairwise(speech.phones))
    # Words are made of phones.
    for word in speech.words:
        inside = [p for p in speech.phones if p.label != SILENCE and word.start - 0.02 <= p.start < word.end]
        assert inside, word


@pytest.mark.parametrize("name", ENGINES[:-1])
def test_vowels_are_louder_than_silence(name):
    speech = get_voice(name).say(TEXT, 5)

    def level(chosen):
        parts = [speech.audio.slice(p.start, p.end).samples for p in speech.phones if chosen(p)]
        return np.sqrt(np.mean(np.square(np.concatenate(parts))))

    silent = level(lambda p: p.label == SILENCE and p.end - p.start > 0.1)
    assert level(lambda p: p.label in VOWELS) > 5 * silent


@pytest.mark.parametrize("name", ENGINES[:-1])
def test_the_seed_decides_the_prosody(name):
    voice = get_voice(name)
    text = "We bought a new piano."
    assert voice.say(text, 1) == voice.say(text, 1)
    assert len({voice.say(text, seed).audio.duration for seed in range(4)}) > 1


def test_built_in_people_sound_different():
    def pitch(name):
        """The strongest period between 70 and 350 Hz over the voiced middle."""
        speech = get_voice(name).say("Are you alone?", 0)
        vowel = max((p for p in speech.phones if p.label in VOWELS), key=lambda p: p.end - p.start)
        x = speech.audio.slice(vowel.start, vowel.end).samples
        r = np.correlate(x, x, "full")[len(x) - 1 :]
        return 16_000 / (45 + np.argmax(r[45:230]))

    assert pitch("builtin:hana") > 1.5 * pitch("builtin:dan")


@pytest.mark.parametrize("name", ["nobody", "builtin:zoe", "flite:zoe", "flite:slt@3", "espeak:klingon", ""])
def test_unknown_voices_are_refused(name):
    with pytest.raises(InputError) as error:
        get_voice(name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "   ", "!?", "你好", "123"])
def test_nothing_to_say_is_refused(text):
    with pytest.raises(InputError, match="no pronounceable words"):
        get_voice("builtin").say(text, 0)


def test_a_missing_program_is_said_in_one_line(monkeypatch):
    monkeypatch.setenv("PATH", "")
    for name in ("flite:awb@1.01", "espeak:scotland"):
        get_voice.cache_clear()
        with pytest.raises(InputError, match="apt install"):
            get_voice(name)
    assert not [v for v in available_voices() if v.startswith(("flite", "espeak"))]


def test_missing_kokoro_says_how_to_fetch_it(monkeypatch, tmp_path):
    from visavis.simulation.voices import kokoro

    monkeypatch.setenv("VISAVIS_CACHE", str(tmp_path))
    kokoro.load_network.cache_clear()
    assert kokoro.installed_voices() == ()
    with pytest.raises(InputError, match="download it with"):
        kokoro.KokoroVoice("af_heart")


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("bob", "B AA B"), ("make", "M EY K"), ("phone", "F OW N"), ("fish", "F IH SH"), ("night", "N AY T"),
        ("thing", "TH IH NG"), ("boxes", "B AA K S AH Z"), ("stopped", "S T AA P T"), ("five", "F AY V"),
        ("judge", "JH AH JH"), ("station", "S T EY SH AH N"), ("queen", "K W IY N"), ("it's", "IH T S"),
    ],
)  # fmt: skip
def test_letters_to_sounds(word, phones):
    assert pronounce(word) == tuple(phones.split())


def test_every_word_has_sounds():
    for word in ("zzz", "psst", "x", "rhythm", "qwrtp", "b'c"):
        assert pronounce(word)
        assert set(pronounce(word)) <= PHONES


def test_foreign_labels():
    assert [normalise(x) for x in ("ax", "AH0", "pau", "+SPN+", "dx", "iy1", "??")] == [
        "AH", "AH", "SIL", "SIL", "D", "IY", "SIL",
    ]  # fmt: skip


def test_word_boundaries_survive_other_pronunciations():
    spoken = gapless([("DH", 0.1, 0.2), ("IY", 0.2, 0.3), ("K", 0.4, 0.5), ("AA", 0.5, 0.6), ("T", 0.6, 0.7)], 1.0)
    words = words_over_phones(["the", "cat"], [["DH", "AH"], ["K", "AE", "T"]], spoken)
    assert words == (Word("the", 0.1, 0.3), Word("cat", 0.4, 0.7))


def test_the_script_is_wide_and_keeps_to_its_kinds():
    rng = np.random.default_rng(0)
    turns = [utterance(rng, "turn", 12) for _ in range(3000)]
    assert len(set(turns)) > 2950
    assert 10 < np.mean([len(t.split()) for t in turns]) < 20
    assert all(t[0].isupper() and t[-1] in ".!?" and "{" not in t for t in turns)
    sounds = Counter(p for t in turns for w in words_of(t) for p in pronounce(w))
    assert set(sounds) == PHONES - {SILENCE}
    assert min(sounds.values()) > 100
    assert all(utterance(rng, "question", 8).endswith("?") for _ in range(100))
    assert max(len(utterance(rng, "backchannel").split()) for _ in range(300)) <= 4
    assert utterance(np.random.default_rng(7)) == utterance(np.random.default_rng(7))
    assert len(utterance(rng, "turn", 35).split()) > 25


def test_a_bank_is_filled_resumed_and_spoken_from(tmp_path):
    voice = get_voice("builtin:ben")
    assert fill(tmp_path, voice, 0.15, 0) >= 0.15
    before = {p.name: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()}
    fill(tmp_path, voice, 0.15, 0)
    assert before == {p.name: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()}
    bank = SpeechBank(tmp_path)
    assert bank.speakers == ("builtin:ben",)
    stored = sorted(tmp_path.rglob("*.json"))[0]
    entry = json.loads(stored.read_text())
    speech = read_utterance(stored)
    assert " ".join(w.text for w in speech.words) == " ".join(words_of(entry["text"]))
    assert speech.phones[-1].end == pytest.approx(speech.audio.duration, abs=1e-3)
    spoken = get_voice(f"bank:{tmp_path}:builtin:ben")
    assert spoken.say("Where is it?", 3).words == spoken.say("Where is it?", 3).words
    assert {spoken.say(TEXT, s).words for s in range(20)} <= {read_utterance(p).words for p in tmp_path.rglob("*.json")}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([["hello", 0.0, float("nan")]], "from 0.0 s to nan s"),
        ([["hello", -1, 0.1]], "from -1 s to 0.1 s"),
        ([["hello", 0.2, 0.1]], "from 0.2 s to 0.1 s"),
        ([["hello", 0.0, 1e300]], "from 0.0 s"),
        ([["hello"]], "not enough values"),
        ([None], "NoneType"),
    ],
)
def test_an_utterance_whose_words_lie_outside_its_sound_is_refused(tmp_path, words, says):
    path = tmp_path / "a" / "0.json"
    speech = get_voice("builtin:ben").say("Hello there.", 0)
    write_utterance(path, speech, "builtin:ben", "turn", "Hello there.")
    path.write_text(json.dumps({**json.loads(path.read_text()), "words": words}))
    with pytest.raises(InputError, match=says) as caught:
        read_utterance(path)
    assert "\n" not in str(caught.value)


def test_an_utterance_of_hours_is_refused_by_its_header(tmp_path):
    path = tmp_path / "a" / "0.json"
    write_utterance(path, get_voice("builtin:ben").say("Hello there.", 0), "builtin:ben", "turn", "Hello there.")
    soundfile.write(path.with_suffix(".flac"), np.zeros(700 * 8000, np.int16), 8000)
    with pytest.raises(InputError, match="lasts 700 s"):
        read_utterance(path)


def test_bad_banks_are_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no speech bank"):
        SpeechBank(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0.json").write_text("[1]")
    with pytest.raises(InputError, match="not an utterance"):
        SpeechBank(tmp_path)
    monkeypatch.setattr("sys.argv", ["bank", "--out", str(tmp_path), "--voices", "nobody", "--minutes", "1"])
    with pytest.raises(InputError, match="no voice"):
        main()
