"""The sentiment of sentences: the built-in prototypes, models of the Hub, and installed packages."""

import csv

import numpy as np
import pytest
from sklearn.metrics import f1_score

from visavis.errors import InputError
from visavis.perception.sentiment import LABELS, get_sentiment
from visavis.perception.sentiment.prototypes import prototypes


@pytest.fixture(scope="module")
def built_in():
    try:
        return get_sentiment()
    except InputError as error:
        pytest.skip(str(error))


def test_plain_sentences_are_told_apart(built_in):
    said = "What a lovely present, I am so pleased!", "The bus leaves at nine.", "I am furious, this is a disaster."
    assert [LABELS[i] for i in built_in(said)] == ["positive", "neutral", "negative"]
    assert built_in([]).shape == (0,)


def test_no_label_has_more_examples_than_another():
    assert {len(prototypes()[label]) for label in LABELS} == {24}
    assert len(set().union(*prototypes().values())) == 72


def test_labelled_dialogues_are_told_better_than_by_chance_and_shares_are_near(built_in, real_data):
    with (real_data / "dialogues" / "train_sent_emo_dya.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))[::40]
    true = np.array([LABELS.index(row["Sentiment"]) for row in rows])
    found = built_in([row["Utterance"] for row in rows])
    assert f1_score(true, found, average="macro") > 0.43  # 0.33 by chance
    shares = [np.bincount(labels, minlength=3) / len(labels) for labels in (true, found)]
    assert np.abs(np.subtract(*shares)).max() < 0.1


def tiny_model(folder, labels):
    """A classifier with random weights whose last bias decides: the label it favours is the second."""
    import torch
    from transformers import RobertaConfig, RobertaForSequenceClassification, RobertaTokenizerFast

    folder.mkdir()
    (folder / "vocab.json").write_text('{"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4, "b": 5}')
    (folder / "merges.txt").write_text("#version: 0.2\n")
    RobertaTokenizerFast.from_pretrained(folder).save_pretrained(folder)
    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=6, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8,
        id2label=dict(enumerate(labels)), label2id={label: i for i, label in enumerate(labels)},
    )  # fmt: skip
    model = RobertaForSequenceClassification(config)
    with torch.no_grad():
        model.classifier.out_proj.bias.copy_(torch.eye(len(labels))[1] * 20)
    model.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("positive", "negative", "neutral"), "negative"),
        (("LABEL_0", "LABEL_1", "LABEL_2"), "neutral"),
        (("NEGATIVE", "POSITIVE"), "positive"),
    ],
)
def test_a_model_of_the_hub_answers_by_the_names_of_its_labels(tmp_path, labels, expected):
    classifier = get_sentiment(str(tiny_model(tmp_path / "model", labels)), batch=2)
    assert [LABELS[i] for i in classifier(["a b", "b", "a a a a"])] == [expected] * 3


def test_a_model_of_other_labels_is_refused(tmp_path):
    folder = tiny_model(tmp_path / "model", ("joy", "anger", "fear"))
    with pytest.raises(InputError, match="joy, anger, fear"):
        get_sentiment(str(folder))


def test_a_missing_model_is_one_line(tmp_path):
    with pytest.raises(InputError, match="nothing here") as error:
        get_sentiment(str(tmp_path / "nothing here"))
    assert "\n" not in str(error.value)


def test_an_installed_package_brings_its_own(install):
    install(
        "class Glad:\n    name = 'glad'\n    def __call__(self, sentences):\n        return [2 for _ in sentences]\n",
        "[visavis.sentiment]\nglad = theirs:Glad\n",
    )
    assert get_sentiment("glad")(["x"]) == [2]
