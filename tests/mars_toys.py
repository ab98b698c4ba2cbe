"""Tiny tokenizers of different kinds, trained on the spot, and turns to write with them."""

from copy import deepcopy
from functools import lru_cache

import transformers
from hypothesis import settings
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from visavis.models.mars.chat import Chat
from visavis.models.mars.messages import Item, Step, Turn
from visavis.models.mars.vocabulary import Codebook, Vocabulary

CORPUS = [
    "Yeah, do you have one of those little things in your car?", "I have one. I have two, and you do not.",
    "What do you think of that? Well, I think so, but I do not know.", "Uh-huh. Right. Thank you! That was a joke.",
    "He said: the time is 3 o'clock; they ran through the little door and laughed & laughed.",
] * 3  # fmt: skip

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

HEADERS = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' and loop.first == false %}"
    "{{ raise_exception('late') }}{% endif %}[{{ m.role }}{% if m.name is defined %} {{ m.name }}{% endif %}] "
    "{{ m.content | trim }}</s>{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}"
)

NO_SYSTEM = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def examples(count=100):
    """Of a property: as many and the same every time, however busy the machine is."""
    return settings(max_examples=count, derandomize=True, database=None, deadline=None)


def byte_level(template=CHATML):
    """Byte-level BPE as of GPT-2, Qwen, SmolLM and Llama 3; `<tool_call>` is added and not special, as in Qwen 2.5."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer, backend.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
    )  # fmt: skip
    backend.train_from_iterator(CORPUS, trainer)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="<|im_end|>", bos_token="<|im_start|>", unk_token="<|endoftext|>",
    )  # fmt: skip
    tokenizer.add_tokens(["<tool_call>"])
    tokenizer.chat_template = template
    return tokenizer


def whole_words():
    """Byte-level BPE that takes a word it has without looking at merges, as Llama 3, and so could say `<|stop|>`."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {c: i for i, c in enumerate([*alphabet, "<|stop|>", "\u0120<|stop|>"])}
    backend = Tokenizer(models.BPE(vocabulary, [], ignore_merges=True))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<|stop|>")


def unigram(template=None):
    """Pieces as of SentencePiece; the vocabulary itself holds `</s>`, which the model can spell in one piece."""
    backend = Tokenizer(models.Unigram())
    backend.pre_tokenizer, backend.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=150, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>", show_progress=False,
        initial_alphabet=[chr(c) for c in range(33, 127)],
    )  # fmt: skip
    backend.train_from_iterator(CORPUS, trainer)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    tokenizer.chat_template = template
    return tokenizer


class Letters(transformers.PreTrainedTokenizer):
    """A slow tokenizer: letter by letter, but for `</s>`, which its own model can spell."""

    def __init__(self, **settings):
        settings = {"bos_token": "<s>", "eos_token": "</s>", **settings}
        self._letters = ["\n", *map(chr, range(32, 127)), "<s>", "</s>", "?!"]
        super().__init__(**settings)

    @property
    def vocab_size(self):
        return len(self._letters)

    def get_vocab(self):
        return {**{c: i for i, c in enumerate(self._letters)}, **self.added_tokens_encoder}

    def _tokenize(self, text, **_):
        found, rest = [], text
        while rest:
            piece = next((p for p in ("</s>", "?!") if rest.startswith(p)), rest[0])
            found.append(piece)
            rest = rest[len(piece) :]
        return found

    def _convert_token_to_id(self, token):
        return self._letters.index(token)

    def _convert_id_to_token(self, index):
        return self._letters[index]

    def convert_tokens_to_string(self, tokens):
        return "".join(tokens)


KINDS = {"byte-level": byte_level, "whole words": whole_words, "unigram": unigram, "slow": Letters}


def smollm2():
    """The tokenizer of the built-in language model, from its GGUF file; None where that is not here."""
    return deepcopy(_smollm2())  # tokens are added to it


@lru_cache(maxsize=1)
def _smollm2():
    from visavis.assets import is_here, resolve

    if not is_here("smollm2-135m-instruct"):
        return None
    path = resolve("smollm2-135m-instruct")
    return transformers.AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)


def chat(kind="byte-level", face=(8, 1), body=(6, 1), **settings):
    return Chat(Vocabulary(KINDS[kind](), Codebook(*face), Codebook(*body)), **settings)


def step(face, body):
    return Step((face,), (body,))


def shown(role, *items, name="n", first=0):
    """Words as text, codes as tuples of (face, body); None begins a silence."""
    found = []
    for item in items:
        if isinstance(item, tuple):
            found[-1][1].append(step(*item))
        else:
            found.append((item, []))
    return Turn(role, name, tuple(Item(word, tuple(steps)) for word, steps in found), first)


PAPER = [
    shown("user", "Yeah,", (1, 2), "do", "you", "have", "one", "of", "those", "little", (3, 5), "things", "in", "your",
          "car?"),
    shown("assistant", "I", "have", (3, 0), (7, 4), "one."),
]  # fmt: skip
"""Table 5 of the paper, with smaller numbers."""


def tiny_mars(space=None, codes=(12, 10), seed=0, **settings):
    """A MARS with random weights on a random base model: `visavis.motion.ARKIT_BODY` unless given."""
    import torch

    from visavis.models.mars.base_model import load_base
    from visavis.models.mars.config import MarsConfig
    from visavis.models.mars.model import Mars
    from visavis.motion import ARKIT_BODY
    from visavis.tokenizers.checkpoint import build

    space = space or ARKIT_BODY
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config = MarsConfig.model_validate({**TINY, **settings})
        parts = []
        for part, size in zip((config.face, config.body), codes, strict=True):
            book = part.tokenizer.codebook.model_copy(update={"size": size})
            tokenizer = part.tokenizer.model_copy(update={"codebook": book})
            parts.append(build(tokenizer, None, space.part(part.groups), 25.0))
        updates = {
            name: part.model_copy(update={"tokenizer": built.config})
            for name, part, built in zip(("face", "body"), (config.face, config.body), parts, strict=True)
        }
        model = Mars(config.model_copy(update=updates), load_base(config.base), *parts, space, 25.0)
    return model.eval()


_TOKENIZER = {
    "family": "conv", "window": 32, "downsample_factor": 8, "network": {"width": 8, "depth": 1},
    "codebook": {"size": 12, "dim": 4},
}  # fmt: skip

TINY = {
    "base": "tiny",
    "lora": {"rank": 2, "alpha": 4},
    "context": 512,
    "answer": 96,
    "face": {"groups": ["expression", "jaw"], "tokenizer": _TOKENIZER},
    "body": {"groups": ["neck", "head", "eyes", "translation", "body", "hands"], "tokenizer": _TOKENIZER},
}
"""Settings of a MARS for tests."""
