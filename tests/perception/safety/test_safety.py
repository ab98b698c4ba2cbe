"""The rules, the word list, and a model of WildGuard's form made on the spot."""

import pytest

from visavis.conversation import Conversation, Participant, Utterance, Word
from visavis.errors import InputError
from visavis.perception.protocol import get_extractor
from visavis.perception.safety import Exchange, HarmfulLanguage, Verdict, harmful_minutes, too_harmful
from visavis.perception.safety.wildguard import WildGuard, read_answer, wildguard
from visavis.perception.safety.word_list import harmful_phrases, is_listed


def said(text, start, end):
    return Utterance(start, end, tuple(Word(w, start, end) for w in text.split()))


def talk(a, b, duration=1000.0):
    return Conversation("x", (Participant("A", utterances=a), Participant("B", utterances=b)), duration)


TALK = talk((said("hello there", 0, 1), said("yes do", 4, 6)), (said("shall I", 2, 3), said("done", 7, 8)))


class Ruled:
    """Judges by rules on the whole exchange, and remembers what it was asked."""

    name = "ruled"

    def __init__(self, **rules):
        self.rules, self.asked = rules, []

    def __call__(self, exchanges):
        self.asked += exchanges
        return [self.rules.get(f"{e.prompt}|{e.response}".replace(" ", "_"), Verdict(False, False)) for e in exchanges]


def harmful(conversation, **rules):
    classifier = Ruled(**rules)
    done = HarmfulLanguage(classifier)(conversation)
    return [[w.label for w in person.events["harmful"]] for person in done], done, classifier


def test_windows_slide_over_both_people_in_order_of_time():
    _, _, classifier = harmful(TALK)
    assert classifier.asked[:3] == [
        Exchange("hello there", "shall I"), Exchange("shall I", "yes do"), Exchange("yes do", "done"),
    ]  # fmt: skip
    assert classifier.asked[3:] == [Exchange(t) for t in ("hello there", "shall I", "yes do", "done")]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"shall_I|yes_do": Verdict(True, True)}, [["yes do"], ["shall I"]]),
        ({"shall_I|yes_do": Verdict(False, True)}, [["yes do"], []]),
        ({"shall_I|yes_do": Verdict(True, False)}, [[], ["shall I"]]),
        ({"done|": Verdict(True)}, [[], ["done"]]),
        ({"done|": Verdict(None, None), "yes_do|done": Verdict(None, None)}, [[], []]),
    ],
)
def test_harm_in_either_place_or_alone_counts(rules, expected):
    found, done, _ = harmful(TALK, **rules)
    assert found == expected
    assert done.a.utterances == TALK.a.utterances
    unreadable = sum(None in (v.prompt, v.response) for v in rules.values())
    assert done.provenance["safety"]["unreadable"] == unreadable


def test_more_than_three_minutes_drop_the_video():
    a, b = said("bad", 0, 100), said("bad", 110, 190)
    _, done, _ = harmful(talk((a,), (b,)), **{"bad|": Verdict(True)})
    assert harmful_minutes(done) == pytest.approx(3.0)
    assert not too_harmful(done)
    _, done, _ = harmful(talk((a,), (said("bad", 110, 191),)), **{"bad|": Verdict(True)})
    assert too_harmful(done)
    assert "2 utterances (3.0 min) are harmful by ruled" in done.provenance["notes"]


def test_nothing_said_is_nothing_searched():
    _, done, classifier = harmful(talk((), ()))
    assert classifier.asked == []
    assert done.provenance["notes"] == ["no transcript; harmful language was not checked"]
    assert not too_harmful(done)


def test_the_word_list_is_whole_words_in_any_spelling():
    assert is_listed("Then I'll kill  you!")
    assert is_listed("Then I’ll KILL you.")
    assert is_listed("death to all of them")
    assert not is_listed("you kill me, that is so funny")
    assert not is_listed("a spicy retardant")
    assert not is_listed("")
    assert all(p == p.lower() and is_listed(p.replace("*", "x")) for found in harmful_phrases().values() for p in found)


def test_the_word_list_is_the_default_and_says_its_name():
    done = get_extractor("safety")(talk((said("go on", 0, 1), said("I'll kill you", 2, 4)), ()))
    assert [w.label for w in done.a.events["harmful"]] == ["I'll kill you"]
    assert done.provenance["safety"] == {"classifier": "the built-in word list", "minutes": 0.0333, "unreadable": 0}


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("Harmful request: yes\nResponse refusal: no\nHarmful response: no", Verdict(True, False)),
        ("harmful request: no\nResponse refusal: n/a\nHarmful response: YES\n", Verdict(False, True)),
        ("Harmful request: yes\nResponse refusal: n/a\nHarmful response: n/a", Verdict(True, False)),
        ("Harmful request: maybe\nResponse refusal: no\nHarmful response: no", Verdict(None, None)),
        ("Certainly!", Verdict(None, None)),
        ("", Verdict(None, None)),
    ],
)
def test_answers_are_read(answer, verdict):
    assert read_answer(answer) == verdict


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A random Mistral of WildGuard's kind, with a tokenizer of bytes."""
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    torch.manual_seed(0)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({c: i for i, c in enumerate(["</s>", *alphabet])}, []))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>")
    config = transformers.MistralConfig(
        vocab_size=len(fast), hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=2048, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tiny")
    fast.save_pretrained(folder)
    transformers.MistralForCausalLM(config).save_pretrained(folder)
    return folder


def test_a_random_model_runs_and_is_found_unreadable(tiny):
    done = wildguard(str(tiny))(TALK)
    assert done.a.events["harmful"] == ()
    assert done.provenance["safety"]["unreadable"] == 7
    assert any("returned 7 unparsable answers" in note for note in done.provenance["notes"])


def test_answers_do_not_depend_on_the_batch(tiny):
    texts = ["How are you?", "A much longer question, which takes many more tokens than the first one did.", "Yes."]
    one, many = (WildGuard(str(tiny), batch=batch) for batch in (1, 3))
    assert [one.answers([text])[0] for text in texts] == many.answers(texts)


def test_a_model_that_answers_is_believed(tiny):
    asked = []

    class Answers(WildGuard):
        def answers(self, texts):
            asked.extend(texts)
            return [f"Harmful request: {'yes' if 'shall I' in t.split('AI assistant:')[0] else 'no'}\n"
                    "Response refusal: no\nHarmful response: no" for t in texts]  # fmt: skip

    done = HarmfulLanguage(Answers(str(tiny)))(TALK)
    assert [w.label for w in done.b.events["harmful"]] == ["shall I"]
    assert "Human user:\nshall I\n\nAI assistant:\nyes do\n\n---" in asked[1]


def test_a_missing_model_is_one_line():
    with pytest.raises(InputError, match=r"classifier '\./no/such/model' cannot be loaded"):
        wildguard("./no/such/model")
