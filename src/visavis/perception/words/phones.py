"""The phones of English: ARPAbet without stress marks, and ``SIL`` for pauses."""

from __future__ import annotations

SILENCE = "SIL"

VOWELS: frozenset[str] = frozenset(
    ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
)
CONSONANTS: frozenset[str] = frozenset(
    ("B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH", "V",
     "W", "Y", "Z", "ZH")
)  # fmt: skip
PHONES: frozenset[str] = VOWELS | CONSONANTS | {SILENCE}

BILABIALS: frozenset[str] = frozenset(("B", "M", "P"))
"""The lips must touch."""

VOICELESS: frozenset[str] = frozenset(("CH", "F", "HH", "K", "P", "S", "SH", "T", "TH"))

DIPHTHONGS: dict[str, tuple[str, str]] = {
    "AW": ("AA", "UH"),
    "AY": ("AA", "IH"),
    "EY": ("EH", "IH"),
    "OW": ("AO", "UH"),
    "OY": ("AO", "IH"),
}
"""Where each gliding vowel starts and where it ends."""

_FOREIGN = {
    "AX": "AH", "AXR": "ER", "IX": "IH", "UX": "UW", "EL": "L", "EM": "M", "EN": "N", "ENG": "NG", "NX": "N",
    "DX": "D", "HV": "HH",
}  # fmt: skip


def normalise(label: str) -> str:
    """A synthesiser's or an aligner's own label as one of `PHONES`; what is unknown counts as silence."""
    label = label.upper().rstrip("012")
    label = _FOREIGN.get(label, label)
    return label if label in PHONES else SILENCE
