"""Codes are tokens of their own, and nothing that people type is ever one of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mars_toys import KINDS, Letters, byte_level, examples, unigram, whole_words
from visavis.errors import InputError
from visavis.models.mars.plain_text import PlainText
from visavis.models.mars.vocabulary import SILENCE, Codebook, Kind, Vocabulary
from visavis.tokenizers import TokenizerConfig, build

TYPED = [
    "<FACE_3>", "a<FACE_3><BODY_1>b", SILENCE, "<|im_start|>system", "x<|im_end|>y", "</s>", "<s></s>", "<tool_call>",
    "<|stop|>", "<|endoftext|>", "</s></s></s>", "<<FACE_1>FACE_2>", "<FACE_3", "<face_3>",
]  # fmt: skip


@pytest.fixture(scope="module", params=KINDS)
def vocabulary(request):
    return Vocabulary(KINDS[request.param](), Codebook(8), Codebook(3, books=2))


def text(vocabulary, ids):
    return vocabulary.tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)


def test_every_code_is_one_token_of_its_own(vocabulary):
    tokenizer = vocabulary.tokenizer
    ids = [tokenizer.convert_tokens_to_ids(f"<FACE_{i}>") for i in range(8)]
    ids += [tokenizer.convert_tokens_to_ids(f"<BODY_{i}>") for i in range(6)]
    assert vocabulary.face_ids.shape == (1, 8)
    assert vocabulary.body_ids.shape == (2, 3)
    assert [*vocabulary.face_ids.ravel(), *vocabulary.body_ids.ravel()] == ids
    assert len({*ids, vocabulary.silence}) == 15
    assert vocabulary.size == len(tokenizer)
    assert vocabulary.added.tolist() == list(range(vocabulary.size - 15, vocabulary.size))
    assert vocabulary.code(ids[3]) == (Kind.FACE, 0, 3)
    assert vocabulary.code(ids[8 + 4]) == (Kind.BODY, 1, 1)
    assert vocabulary.code(vocabulary.silence) is None
    assert tokenizer.encode("<FACE_3>", add_special_tokens=False) == [ids[3]]


@pytest.mark.parametrize("typed", TYPED)
def test_control_tokens_that_somebody_types_are_text(vocabulary, typed):
    ids = vocabulary.plain(typed)
    assert not set(ids) & {*vocabulary.added.tolist(), *vocabulary.plain.control}
    assert text(vocabulary, ids).strip() == typed


def test_control_tokens_are_those_of_the_tokenizer_too(vocabulary):
    control = vocabulary.plain.control
    assert set(vocabulary.added.tolist()) <= control
    assert vocabulary.tokenizer.eos_token_id in control
    assert "t" not in vocabulary.tokenizer.convert_ids_to_tokens(sorted(control))


def test_the_tokenizers_themselves_would_obey():
    """What is typed would be a control token without further care; that of transformers is not enough."""
    tokenizer = byte_level()
    assert tokenizer.encode("<|im_end|>") == [tokenizer.eos_token_id]
    assert tokenizer.encode("<tool_call>", split_special_tokens=True) == [
        tokenizer.convert_tokens_to_ids("<tool_call>")
    ]
    for make in (unigram, whole_words, Letters):
        tokenizer = make()
        assert tokenizer.eos_token_id in tokenizer.encode(tokenizer.eos_token, split_special_tokens=True)


def test_ordinary_text_is_encoded_as_ever(vocabulary):
    for line in ("Yeah, do you have one?", " one of those", "I", "   two  spaces"):
        usual = vocabulary.tokenizer.encode(line, add_special_tokens=False)
        assert vocabulary.plain(line) == usual
    assert vocabulary.plain("") == []


@given(st.text(alphabet=st.sampled_from("<>|/s_FACEBODY0123tim end"), max_size=40))
@examples()
def test_no_text_becomes_a_control_token(typed):
    for plain in PLAIN:
        assert not set(plain(typed)) & plain.control


PLAIN = [Vocabulary(make(), Codebook(8), Codebook(8)).plain for make in KINDS.values()]


def test_an_unknown_letter_is_no_control_token():
    tokenizer = unigram()
    plain = PlainText(tokenizer)
    assert tokenizer.unk_token_id in plain("\u4f60")
    assert tokenizer.unk_token_id not in plain.control


def test_adding_twice_is_adding_once(vocabulary):
    size = vocabulary.size
    again = Vocabulary(vocabulary.tokenizer, Codebook(8), Codebook(3, books=2))
    assert again.size == size
    assert again.describe() == vocabulary.describe()


def test_a_tokenizer_with_other_codes_is_refused(vocabulary):
    with pytest.raises(InputError, match=r"already has 8 codes of the face and 6 of the body; 9 and 6 are needed"):
        Vocabulary(vocabulary.tokenizer, Codebook(9), Codebook(3, books=2))


def test_an_adapter_knows_its_own_vocabulary(vocabulary, tmp_path):
    vocabulary.check(vocabulary.describe(), "adapter")
    if vocabulary.tokenizer.is_fast:
        import transformers

        vocabulary.tokenizer.save_pretrained(tmp_path)
        loaded = transformers.AutoTokenizer.from_pretrained(tmp_path)
        Vocabulary(loaded, vocabulary.face, vocabulary.body).check(vocabulary.describe(), "adapter")


def test_an_adapter_of_another_tokenizer_is_refused():
    one = Vocabulary(byte_level(), Codebook(8), Codebook(8))
    other = Vocabulary(unigram(), Codebook(8), Codebook(8))
    with pytest.raises(InputError, match=r"^my adapter was trained on a base model with another tokenizer"):
        one.check(other.describe(), "my adapter")
    smaller = Vocabulary(byte_level(), Codebook(8), Codebook(4))
    with pytest.raises(InputError, match=r"speaks body codes \[4, 1\] \(codes, codebooks\).* has \[8, 1\]"):
        one.check(smaller.describe(), "my adapter")
    with pytest.raises(InputError):
        one.check({}, "my adapter")


def test_codebooks_are_those_of_the_motion_tokenizers():
    from visavis.motion.spaces import get_space

    config = TokenizerConfig(family="conv", window=32, network={"width": 8, "depth": 1},
                             codebook={"size": 16, "dim": 4, "num_codebooks": 2})  # fmt: skip
    assert Codebook.of(build(config, None, get_space("arkit"), 25.0)) == Codebook(16, 2)


def test_codes_that_are_in_no_codebook_are_refused(vocabulary):
    assert len(vocabulary.step_ids([7], [2, 0])) == vocabulary.step_length == 3
    with pytest.raises(InputError, match=r"code 8 of the face is not in its codebook, which has 0 to 7"):
        vocabulary.step_ids([8], [0, 0])
    with pytest.raises(InputError, match=r"code -1 of the body"):
        vocabulary.step_ids([0], [0, -1])
    with pytest.raises(InputError, match=r"has 1 codes of the body; 2 are needed"):
        vocabulary.step_ids([0], [0])


def test_kinds_tell_codes_from_text(vocabulary):
    kinds = vocabulary.kinds(vocabulary.size + 5)
    assert kinds.shape == (vocabulary.size + 5,)
    assert (kinds[vocabulary.face_ids] == Kind.FACE).all()
    assert (kinds[vocabulary.body_ids] == Kind.BODY).all()
    assert kinds[vocabulary.silence] == Kind.MARK
    assert (kinds == Kind.TEXT).sum() == vocabulary.size + 5 - 15
