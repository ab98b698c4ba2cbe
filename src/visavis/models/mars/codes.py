"""The tokenizers of face and body by name: the built-in ones, or one's own."""

from __future__ import annotations

from pathlib import Path

from visavis.models import weights
from visavis.tokenizers.actions import ActionTokenizer
from visavis.tokenizers.checkpoint import from_pretrained
from visavis.tokenizers.vq import VQTokenizer

BUILT_IN = ("mars-codes/face", "mars-codes/body")


def load_tokenizer(name: str | Path) -> VQTokenizer | ActionTokenizer:
    """A trained tokenizer.

    Args:
        name: One of `BUILT_IN`, a checkpoint folder, or a Hub id.

    Raises:
        InputError: There is none, or it is broken.
    """
    built_in = str(name) in BUILT_IN and not Path(name).is_dir()
    return from_pretrained(weights.built_in(str(name)) if built_in else name)
