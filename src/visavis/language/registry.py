"""Language models by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from visavis.language.builtin import BuiltInModel
from visavis.language.endpoint import Endpoint
from visavis.language.local import LocalModel
from visavis.language.protocol import LanguageModel

BUILT_IN = "built-in"
"""Name of the small model that needs no account and no server."""

BACKENDS: Mapping[str, Callable[[str, int], LanguageModel]] = {
    BUILT_IN: lambda _spec, _retries: BuiltInModel(),
    "http:": lambda spec, retries: Endpoint(spec, retries=retries),
    "https:": lambda spec, retries: Endpoint(spec, retries=retries),
}
"""By name, or by its beginning up to the first colon: makes the model from its name and a number of retries."""


def get_language_model(spec: str, retries: int = 0) -> LanguageModel:
    """The built-in model for ``built-in``, an endpoint for an ``http(s)://`` address, a local model for anything else.

    Args:
        spec: One of these; a local model is a Hub id or a folder.
        retries: How often an endpoint that is busy, slow or failing is asked again.

    Raises:
        InputError: The address or the model cannot be used.
    """
    beginning = spec[: spec.find(":") + 1] or spec
    return BACKENDS[beginning](spec, retries) if beginning in BACKENDS else LocalModel(spec)
