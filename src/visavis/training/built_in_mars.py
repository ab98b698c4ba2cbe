"""The last step of ``make train-mars``: the MARS that ships with visavis.

    python -m visavis.training.built_in_mars run/language/model

stores adapters, rows and motion tokenizers as float16 inside the package, and in the manifest how they were made.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from visavis.errors import InputError
from visavis.models import weights
from visavis.models.mars.model import Mars
from visavis.training.storing import facts_of, store

NAME = "mars"
DATA = (
    "words and times of telephone calls (public MS98 transcripts), Topical-Chat (CDLA-Sharing-1.0) and CaSiNo "
    "(CC BY 4.0); all motion is simulated (visavis simulate --dialogues). "
    "Base model: SmolLM2-135M-Instruct (Apache-2.0)"
)
METRICS = "docs/results/mars.md"
LIMITS = (
    "Trained for little more than an hour on two cores: it answers like small talk, knows little, and is often wrong. "
    "What it shows is what simulated people show at such words. English only."
)
MOST_BYTES = 15_000_000


def put_into_package(trained: Path) -> Path:
    """Stores a trained MARS as the built-in one.

    Raises:
        InputError: There is no such model, its base model is not the built-in one, or it is too large to ship.
    """
    model = Mars.from_pretrained(trained)
    if model.config.base != "built-in":
        raise InputError(f"{trained}: stands on {model.config.base!r}, which visavis does not bring along")
    size = sum(2 * tensor.numel() for tensor in model.state_dict().values())
    if size > MOST_BYTES:
        raise InputError(f"{trained}: has {size / 1e6:.0f} MB in half precision; at most {MOST_BYTES / 1e6:.0f} ship")
    facts = facts_of(trained, NAME, DATA, METRICS, LIMITS)
    return weights.install(NAME, lambda folder: model.save(folder, training=facts, half=True), facts)


def main(folders: Sequence[str]) -> int:
    """Stores the language model of a training."""
    if len(folders) != 1:
        print("one folder is needed: the checkpoint of a trained MARS", file=sys.stderr)
        return 2
    return store([partial(put_into_package, Path(folders[0]))])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
