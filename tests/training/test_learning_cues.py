"""How the detector of laughter and the classifier of emotion are trained."""

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from visavis.corpora.topical_chat import turns
from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE
from visavis.perception.emotion.classifier import EMOTIONS, EmotionClassifier, chances, counted, joined, weighted
from visavis.training import laughter
from visavis.training.emotion import evening, fit, labels_of, rarity


def test_scenes_hold_laughter_where_it_is_said_to_be() -> None:
    sound, laughing = laughter.draw_scene(np.random.default_rng([7, 3]))
    assert len(laughing) == -(-len(sound) // 1280)
    assert 0.02 < laughing.mean() < 0.6
    power = np.square(sound.samples[: len(sound) // 1280 * 1280]).reshape(-1, 1280).mean(1)
    assert np.median(power[laughing]) > np.percentile(power[~laughing], 20)
    again, _ = laughter.draw_scene(np.random.default_rng([7, 3]))
    assert again == sound
    assert sound.sample_rate == SAMPLE_RATE


def test_the_detector_is_trained_and_written(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(laughter, "HELD_OUT", 2)
    out = tmp_path / "weights.npz"
    monkeypatch.setattr(sys, "argv", ["laughter", "-o", str(out), "--scenes", "6"])
    laughter.main()
    area = float(capsys.readouterr().out.split()[-1])
    assert area > 0.6
    with np.load(out) as weights:
        assert weights["hidden"].shape == (3 * 15, laughter.HIDDEN)
        assert weights["hidden"].dtype == np.float16


def test_a_classifier_learns_words_and_evening_favours_the_rare() -> None:
    texts = ["what a great day"] * 30 + ["she died yesterday"] * 5
    texts += [f"filler {name}" for name in EMOTIONS]
    y = np.array([0] * 30 + [1] * 5 + list(range(8)))
    words = counted(texts)
    idf = rarity(words)
    meaning = np.random.default_rng(0).normal(0, 0.01, (len(y), 384))  # of no use
    weights, bias = fit(weighted(words, idf), meaning, y)
    new = joined(weighted(counted(["a great day", "she died", "on the table"]), idf), np.zeros((3, 384)))
    plain, evened = (chances(new, weights, bias + evening(y, e)) for e in (0.0, 1.0))
    assert evened.argmax(1)[:2].tolist() == [0, 1]
    assert evened[2, 1] / evened[2, 0] > 3 * plain[2, 1] / plain[2, 0]


def test_held_out_turns_are_told_better_than_by_chance(real_data: Path) -> None:
    said = turns(real_data / "topical-chat", "test")[::20]
    try:
        classifier = EmotionClassifier()
    except InputError as error:
        pytest.skip(str(error))
    found = classifier.probabilities([turn.text for turn in said]).argmax(1)
    true = labels_of(said)
    assert balanced_accuracy_score(true, found) > 0.25  # 0.125 by chance
    assert (found == true).mean() > 0.44  # as often as the commonest, which is never wrong about the rest
    assert balanced_accuracy_score(true, np.random.default_rng(0).permutation(found)) == pytest.approx(0.125, abs=0.05)
