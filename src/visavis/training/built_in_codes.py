"""The last step of ``make train-mars-codes``: the codes of face and body that ship with visavis.

    python -m visavis.training.built_in_codes face/model body/model

stores two trained tokenizers as float16 inside the package, and in the manifest how they were made.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from visavis.errors import InputError
from visavis.tokenizers.checkpoint import MODEL, from_pretrained, save_pretrained
from visavis.tokenizers.vq import VQTokenizer
from visavis.training.storing import facts_of, store

PARTS = ("face", "body")
DATA = (
    "words and times of telephone calls (public MS98 transcripts), AMI (CC BY 4.0), Topical-Chat (CDLA-Sharing-1.0), "
    "CaSiNo (CC BY 4.0) and Synthetic-Persona-Chat (CC BY 4.0); all motion is simulated (visavis simulate --dialogues)"
)
METRICS = "docs/results/mars-codes.md"
LIMITS = (
    "Trained on simulated motion only: what no simulated person does has no code. Finest detail is lost most where it "
    "lasts less than a step of 0.16 s; see the metrics."
)


def put_into_package(part: str, trained: Path) -> Path:
    """Stores a tokenizer as the built-in one of the face or the body.

    Raises:
        InputError: There is no such tokenizer, or it has no codebooks.
    """
    from visavis.models import weights

    tokenizer = from_pretrained(trained)
    if not isinstance(tokenizer, VQTokenizer):
        raise InputError(f"{trained}: bins of columns are no codes that a language model could speak")
    facts = facts_of(trained, MODEL, DATA, METRICS, LIMITS)
    return weights.install(
        f"mars-codes/{part}", lambda folder: save_pretrained(tokenizer, folder, training=facts, half=True), facts
    )


def main(folders: Sequence[str]) -> int:
    """Stores the tokenizers of a face and of a body."""
    if len(folders) != len(PARTS):
        print("two folders are needed: the tokenizer of the face, and that of the body", file=sys.stderr)
        return 2
    return store(partial(put_into_package, part, Path(f)) for part, f in zip(PARTS, folders, strict=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
