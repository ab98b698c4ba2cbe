"""The interface of all extractors, and how one is found by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from importlib.metadata import EntryPoint
from inspect import Parameter, signature
from types import MappingProxyType
from typing import Any, Protocol

from visavis import plugins
from visavis.conversation import Conversation
from visavis.errors import InputError

GROUP = "visavis.extractors"
"""Entry-point group of extractors by others; their names are ``kind:name``, their values a callable that makes one."""

BUILT_IN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "speaking": {
            "voices": "visavis.perception.speaking:Diarizer",
            "pyannote": "visavis.perception.pyannote:Pyannote",
        },
        "words": {"whisper": "visavis.perception.words.extractor:FasterWhisper"},
        "faces": {
            "mediapipe": "visavis.perception.faces:FaceTracker",
            "imported": "visavis.perception.imported.extractor:Imported",
        },
        "bodies": {
            "mediapipe": "visavis.perception.bodies:BodyTracker",
            "imported": "visavis.perception.imported.extractor:Imported",
        },
        "active-speaker": {"mouth-motion": "visavis.perception.active_speaker:ActiveSpeaker"},
        "laughter": {"heard": "visavis.perception.laughter.extractor:HeardLaughter"},
        "safety": {
            "word-list": "visavis.perception.safety.harm:HarmfulLanguage",
            "wildguard": "visavis.perception.safety.wildguard:wildguard",
        },
    }
)
"""Where the built-in extractors of each kind are; the first of a kind is its default."""


class Extractor(Protocol):
    """Reads something off a conversation's sound, picture or words and returns a copy that has it.

    What it finds is on the conversation's clock and says by a validity mask where there was nothing to find. What the
    user should know is added to ``provenance["notes"]``, one line each.
    """

    def __call__(self, conversation: Conversation) -> Conversation:
        """A copy of the conversation with what was found.

        Raises:
            InputError: What the extractor reads is not there.
        """
        ...


def extractor_names(kind: str) -> list[str]:
    """The extractors of a kind, built-in ones first.

    Raises:
        InputError: There is no such kind.
    """
    if kind not in BUILT_IN:
        raise InputError(f"unknown extractor kind {kind!r}; choose from: {', '.join(BUILT_IN)}")
    return [*BUILT_IN[kind], *(n for n in sorted(_installed(kind)) if n not in BUILT_IN[kind])]


def get_extractor(kind: str, name: str | None = None, **settings: Any) -> Extractor:
    """An extractor by name: a built-in one, or an installed package's.

    Args:
        kind: ``speaking``, ``words``, ``faces``, ``bodies``, ``active-speaker``, ``laughter`` or ``safety``.
        name: One of `extractor_names`; the kind's first unless given.
        **settings: Passed to what makes it.

    Raises:
        InputError: There is no such kind, name or setting, or the package that has it cannot be loaded.
    """
    names = extractor_names(kind)
    if name is None:
        name = names[0] if names else ""
    if name in BUILT_IN[kind]:
        module, _, attribute = BUILT_IN[kind][name].partition(":")
        return _make(getattr(import_module(module), attribute), f"{kind}={name}", settings)
    if name not in names:
        known = f"there are: {', '.join(names)}" if names else "none is installed"
        raise InputError(f"there is no {kind} extractor named {name!r}; {known}")
    made_by = plugins.load(_installed(kind)[name], f"the extractor {kind}:{name}")
    return _make(made_by, f"{kind}={name}", settings)


def add_notes(conversation: Conversation, notes: list[str]) -> Conversation:
    """A copy whose ``provenance["notes"]`` has these lines, each once, after those that were there."""
    before = list(conversation.provenance.get("notes", []))
    new = [note for note in dict.fromkeys(notes) if note not in before]
    return replace(conversation, provenance={**conversation.provenance, "notes": before + new})


def _make(made_by: Callable[..., Extractor], what: str, settings: Mapping[str, Any]) -> Extractor:
    parameters = signature(made_by).parameters
    anything = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters.values())
    for setting, value in settings.items():
        if setting not in parameters and not anything:
            known = f"there are: {', '.join(parameters)}" if parameters else "there are none"
            raise InputError(f"{what} has no setting {setting!r}; {known}")
        usual = parameters[setting].default if setting in parameters else None
        if type(usual) in (int, float) and type(value) not in (int, float):
            raise InputError(f"{what}: {setting} is {value!r}; expected a number such as {usual}")
    return made_by(**settings)


def _installed(kind: str) -> dict[str, EntryPoint]:
    points = plugins.installed(GROUP).items()
    return {name.partition(":")[2]: point for name, point in points if name.partition(":")[0] == kind}
