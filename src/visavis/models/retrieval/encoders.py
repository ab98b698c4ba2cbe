"""Encoders of clips and texts, by name."""

from __future__ import annotations

from visavis.models.retrieval.protocol import ClipEncoder

BUILT_IN = "built-in"


def get_encoder(name: str) -> ClipEncoder:
    """An encoder.

    Args:
        name: ``built-in``; a folder or Hub id of a motion-text encoder; ``clip`` for CLIP ViT-B/32, or ``clip:`` and
            the folder or Hub id of another CLIP.

    Raises:
        InputError: It is not available.
        MissingExtraError: transformers, which CLIP needs, is not installed.
    """
    if name == "clip" or name.startswith("clip:"):
        from visavis.models.retrieval.clip_encoder import REFERENCE, ClipFrames

        return ClipFrames.from_pretrained(name.partition(":")[2] or REFERENCE)
    from visavis.models.retrieval.motion_text import MotionText

    return MotionText.from_pretrained(None if name == BUILT_IN else name)
