"""Language models by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from visavis.errors import InputError
from visavis.language.builtin import BuiltInModel
from visavis.language.endpoint import Endpoint
from visavis.language.local import LocalModel
from visavis.language.protocol import LanguageModel

BUILT_IN = "built-in"
"""Name of the small model that needs no account and no server."""

_ADDRESS = re.compile(r"[\w+.-]*:?//|[\w.-]+:\d")
"""How an address begins that lacks ``http:`` or has something else instead."""

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
    spec = spec.strip()
    beginning = spec[: spec.find(":") + 1].lower() or spec
    if beginning not in BACKENDS and _ADDRESS.match(spec):
        raise InputError(f"language model {spec!r}: expected an http or https URL, such as http://localhost:8000/v1")
    return BACKENDS[beginning](spec, retries) if beginning in BACKENDS else LocalModel(spec)
