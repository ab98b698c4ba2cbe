"""Settings of the listener made of retrieved clips."""

from __future__ import annotations

from pydantic import Field

from visavis.settings import Section


class RetrievalConfig(Section):
    """Of the listener.

    Attributes:
        goal: What the listener wants, in any words.
        encoder: What compares words and clips, as of `visavis.models.retrieval.encoders.get_encoder`.
        language_model: What puts reactions into words, as of `visavis.models.retrieval.describer.get_describer`;
            ``examples`` needs no language model.
        clips: How many clips are kept at most, evenly spread over the corpus.
        choices: How many of the best clips samples and seeds choose from.
    """

    goal: str = Field("be socially correct", min_length=1, max_length=500)
    encoder: str = "built-in"
    language_model: str = "examples"
    clips: int = Field(2000, ge=1, le=10_000)
    choices: int = Field(5, ge=1, le=100)
