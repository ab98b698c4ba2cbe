"""Answers of language models, cached on disk."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from visavis.errors import InputError, plainly
from visavis.language.protocol import LanguageModel, Message, Sampling
from visavis.reading import read_json


class CachedModel:
    """A language model whose answers are kept.

    An answer is found again by the model's name (and the version of its weights, where it has one), the messages, the
    sampling and the seed. Only answers are kept, never failures; a file that is damaged counts as none.

    Args:
        model: Asked for what is not kept.
        folder: Where; ``answers`` in the cache folder of `visavis.assets` unless given.
    """

    def __init__(self, model: LanguageModel, folder: Path | None = None) -> None:
        """Touches nothing on disk yet."""
        if folder is None:
            from visavis.assets import cache_folder

            folder = cache_folder() / "answers"
        self.model, self.folder, self.name = model, folder, model.name

    def __call__(self, messages: Sequence[Message], seed: int, sampling: Sampling) -> str:
        """The answer that is kept, else the model's.

        Raises:
            InputError: The answer cannot be kept.
            LanguageModelError: There is none.
        """
        reply = self.find(messages, seed, sampling)
        if reply is None:
            reply = self.model(messages, seed, sampling)
            self._keep(self._key(messages, seed, sampling), reply)
        return reply

    def find(self, messages: Sequence[Message], seed: int, sampling: Sampling) -> str | None:
        """The answer that is kept, or None."""
        key = self._key(messages, seed, sampling)
        try:
            entry = read_json(self._path(key))
        except InputError:
            return None
        whole = isinstance(entry, dict) and entry.get("key") == key and isinstance(entry.get("reply"), str)
        return entry["reply"] if whole and entry.get("sha256") == _digest(entry["reply"]) else None

    def forget(self, messages: Sequence[Message], seed: int, sampling: Sampling) -> None:
        """Drops an answer that turned out to be of no use, so that the next attempt asks again."""
        self._path(self._key(messages, seed, sampling)).unlink(missing_ok=True)

    def _key(self, messages: Sequence[Message], seed: int, sampling: Sampling) -> str:
        version = getattr(self.model, "version", "")
        drawn = [sampling.temperature, sampling.max_tokens, sampling.stop, seed]
        return _digest(json.dumps([self.name, version, list(messages), drawn], sort_keys=True))

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"

    def _keep(self, key: str, reply: str) -> None:
        path = self._path(key)
        entry = json.dumps({"key": key, "model": self.name, "reply": reply, "sha256": _digest(reply)})
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, working = tempfile.mkstemp(dir=path.parent, prefix=".")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(entry)
                Path(working).replace(path)
            except BaseException:
                Path(working).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise InputError(
                f"{self.folder}: language model answers cannot be cached here ({plainly(error)}); "
                "set VISAVIS_CACHE to another folder"
            ) from None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
