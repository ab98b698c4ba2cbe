"""BERTScore: a case worked out by hand, what does not count, and an encoder of transformers."""

import numpy as np
import pytest
import tokenizers
import transformers

from visavis.assets import is_here
from visavis.errors import InputError
from visavis.evaluation.bert_score import NOTHING, TransformerPieces, bert_scores, greedy_match
from visavis.language.embedding import ASSET


def test_a_case_worked_out_by_hand():
    """Cosines: row 1 has 1 and 0, row 2 has 0.6 and 0.8, row 3 has -1 and 0; lengths do not count."""
    candidate = np.array([[2.0, 0.0], [0.6, 0.8], [-3.0, 0.0]])
    reference = np.array([[1.0, 0.0], [0.0, 5.0]])
    found = greedy_match(candidate, reference)
    assert found.precision == pytest.approx((1.0 + 0.8 + 0.0) / 3)
    assert found.recall == pytest.approx((1.0 + 0.8) / 2)
    assert found.f1 == pytest.approx(2 * 0.6 * 0.9 / 1.5)


def test_marks_can_be_matched_but_do_not_count():
    candidate, reference = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    found = greedy_match(candidate, reference, (np.array([True, False]), np.array([True, False])))
    assert found == (1.0, 1.0, 1.0), "each counted piece is like the other's mark"


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    """A tiny BERT with random weights."""
    folder = tmp_path_factory.mktemp("encoders") / "bert-tiny"
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "cat", "sat", "on", "a", "mat", "dog", "ran"]
    words = {name: i for i, name in enumerate(names)}
    backend = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, "[UNK]"))
    backend.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    backend.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    transformers.set_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=32, initializer_range=1.0,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return TransformerPieces(str(folder))


def test_texts_are_alike_to_themselves_and_both_ways_are_the_same(encoder):
    (same,) = bert_scores(encoder, ["the cat sat"], ["the cat sat"])
    assert same == pytest.approx((1.0, 1.0, 1.0))
    short, long = "the cat sat", "the cat sat on a mat"
    one, other = bert_scores(encoder, [long, short], [short, long])
    assert (one.precision, one.recall) == pytest.approx((other.recall, other.precision))
    assert one.f1 < 1


@pytest.mark.skipif(not is_here(ASSET), reason="needs the asset all-MiniLM-L6-v2")
def test_the_built_in_encoder_knows_what_is_alike():
    line = "I would love to come to your party"
    near, far = bert_scores(
        TransformerPieces(), ["I'd be glad to join your celebration", "the engine needs new oil"], [line, line]
    )
    assert near.f1 > far.f1 + 0.1


def test_padding_changes_nothing(encoder):
    alone = bert_scores(encoder, ["dog ran"], ["a dog"])[0]
    beside = bert_scores(encoder, ["dog ran", "the cat sat on a mat the cat"], ["a dog", "mat"])[0]
    assert alone == pytest.approx(beside, abs=1e-6)


def test_an_empty_text_has_nothing_in_common(encoder):
    assert bert_scores(encoder, ["", " "], ["the cat", "the cat"]) == [NOTHING, NOTHING]


def test_the_layer_is_told_and_what_is_no_encoder_is_refused(encoder, tmp_path):
    assert encoder.name.endswith("bert-tiny, layer 2 of 2")
    with pytest.raises(InputError, match=r"encoder '.*nothing' cannot be loaded"):
        TransformerPieces(str(tmp_path / "nothing"))
