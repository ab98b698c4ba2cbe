"""The items that curation works on, and the interface of a stage.

An `Item` is a video or a part of one. A `Stage` takes an item and says in an `Outcome` what goes on: the item with more
known about it, several parts of it, or nothing; always with the reason and the figures that decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.media import Video, open_video
from visavis.settings import Section

Figures = Mapping[str, float | int | str]


@dataclass(frozen=True)
class Source:
    """A video file.

    Attributes:
        root: The folder that is curated.
        name: The file's path below `root`, with ``/`` between folders.
        size: Bytes.
        modified: When it was written, in ns; with path and size it tells whether the bytes have to be hashed anew.
    """

    root: str
    name: str
    size: int
    modified: int

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self.root) / self.name

    @property
    def channel(self) -> str:
        """The folder the file lies in, below `root`; empty at the top."""
        folder = Path(self.name).parent.as_posix()
        return "" if folder == "." else folder


@dataclass(frozen=True)
class Item:
    """A video or a part of one, on its way.

    Attributes:
        id: Unique in a run; the id of the conversation that it becomes.
        source: The file.
        key: Hash of all that went into the item: the file's bytes and every stage so far with its parameters.
        start: Seconds on the file's clock.
        stop: Seconds; None for all of a file whose length is not known yet.
        facts: Small JSON values for later stages; ``content`` is the hash of the file's bytes.
        conversation: What is known so far; None before the video is cut and while the item waits.
        data: Key under which the conversation is stored without its sound.
        sound: Key under which its sound is stored.
    """

    id: str
    source: Source
    key: str = ""
    start: float = 0.0
    stop: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    conversation: Conversation | None = None
    data: str = ""
    sound: str = ""

    @property
    def duration(self) -> float:
        """Seconds; 0 where it is not known yet."""
        return 0.0 if self.stop is None else self.stop - self.start

    @property
    def found(self) -> Conversation:
        """The conversation.

        Raises:
            InputError: There is none yet.
        """
        if self.conversation is None:
            raise InputError(f"{self.id}: not cut into segments yet; put the stage 'segments' before this one")
        return self.conversation

    @property
    def video(self) -> Video:
        """The pictures of this item: the conversation's, or the whole file's before it is cut."""
        if self.conversation is not None and self.conversation.video is not None:
            return self.conversation.video
        return open_video(self.source.path)

    def part(self, suffix: str, start: float, stop: float, conversation: Conversation) -> Item:
        """A part of this item, `start` and `stop` in seconds on this item's clock."""
        id = f"{self.id}_{suffix}"
        return replace(
            self,
            id=id,
            start=self.start + start,
            stop=self.start + stop,
            conversation=replace(conversation, id=id),
        )

    def kept(self, reason: str, conversation: Conversation | None = None, **figures: float | int | str) -> Outcome:
        """This item goes on, with another conversation if one is given."""
        item = self if conversation is None else replace(self, conversation=conversation)
        return Outcome((item,), reason, figures)

    def dropped(self, reason: str, **figures: float | int | str) -> Outcome:
        """This item goes no further."""
        return Outcome((), reason, figures)

    def kept_if(self, good: bool, kept: str, dropped: str, **figures: float | int | str) -> Outcome:
        """`kept` or `dropped` with the one reason or the other."""
        return Outcome((self,) if good else (), kept if good else dropped, figures)


@dataclass(frozen=True)
class Outcome:
    """What a stage says about an item.

    Attributes:
        items: What goes on: nothing, the item, or its parts.
        reason: One line: why it was kept or dropped.
        figures: What decided, by name.
    """

    items: tuple[Item, ...]
    reason: str
    figures: Figures = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """Whether anything goes on."""
        return bool(self.items)


class Stage(Section):
    """A step of curation; its fields are its parameters.

    An outcome is stored under a hash of the item's history, `name`, `version` and the parameters, so a subclass raises
    `version` whenever the same parameters begin to give another outcome.

    Attributes:
        name: What users call it.
        version: Of what it does.
        about: One line for the documentation.
        splits: Whether an item may become several; they then go on one by one, side by side.
        compares: Whether `among` has something to say.
    """

    name: ClassVar[str] = ""
    version: ClassVar[int] = 1
    about: ClassVar[str] = ""
    splits: ClassVar[bool] = False
    compares: ClassVar[bool] = False

    def prepare(self) -> None:
        """Checks that all that is needed is installed, and fetches what is missing; called once, before the work.

        Raises:
            InputError: Something is missing; the message says how to get it.
        """

    def __call__(self, item: Item) -> Outcome:
        """Looks at one item.

        Raises:
            InputError: The item cannot be used; it is dropped, and the message is the reason.
        """
        raise NotImplementedError

    def among(self, items: Sequence[Item]) -> list[Outcome]:
        """Looks at all items at once, in order of id, after `__call__` has seen each; one outcome for each item.

        Only cheap comparisons of `facts` belong here: it runs in one process.
        """
        return [item.kept("") for item in items]

    def identity(self) -> str:
        """Name, version and parameters in one line, for keys."""
        return f"{self.name}/{self.version} {self.model_dump_json()}"


def check_order(stages: Iterable[Stage]) -> None:
    """Refuses two stages with the same name and parameters, of which the second could do nothing.

    Raises:
        InputError: Names the stage.
    """
    seen: set[str] = set()
    for stage in stages:
        if (identity := stage.identity()) in seen:
            raise InputError(f"stage {stage.name!r} appears twice with the same parameters; remove one")
        seen.add(identity)
