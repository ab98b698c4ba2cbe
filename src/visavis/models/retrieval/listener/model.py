"""RealTalk's listener: fitting clips while somebody speaks, and a resting face in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visavis.checkpoint import need_positions, need_shape
from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.models.base import BehaviorModel, Capabilities, chosen_options
from visavis.models.blocks.segments import BLEND, over_rest
from visavis.models.cues import check_cues, seat_of
from visavis.models.preprocessing import frame_count, placed_motion, speaking_of
from visavis.models.retrieval.clips import listening, said_to, served
from visavis.models.retrieval.describer import EXAMPLES, get_describer
from visavis.models.retrieval.encoders import get_encoder
from visavis.models.retrieval.listener.config import RetrievalConfig
from visavis.models.retrieval.protocol import Clip, ClipEncoder, Describes, embed_description
from visavis.models.retrieval.situation import describe_speaker
from visavis.models.samples import sample_seed, with_motion
from visavis.motion import Motion, MotionSpace
from visavis.reporter import Update

SPEAKS = 0.5
"""Probability above which somebody speaks."""
EARLIER = 40.0
"""Seconds of what was said earlier that the describer is told."""


@dataclass(frozen=True)
class Reaction:
    """What the listener does while the speaker has the floor.

    Attributes:
        start: First frame.
        stop: Frame after the last.
        expression: In words.
        ranked: Clips that show it, best first.
    """

    start: int
    stop: int
    expression: str
    ranked: tuple[int, ...]


class RetrievalListener(BehaviorModel):
    """A bank of listeners' clips and the vectors that descriptions are compared with.

    The bank is in the checkpoint, so the corpus is not needed any more; the encoder of texts is, by its name.

    Attributes:
        motion: (R, D) all clips one after the other, in the frame of the seat.
        stops: (N,) the row after each clip's last.
        vectors: (N, V) of the clips as a whole.
        rest: (D,) the resting pose: the mean over all clips.
        sources: Which clips they are: conversation, listener and second at which each starts.
    """

    name = "retrieval"
    statistics_names = ("rest",)
    config: RetrievalConfig
    motion: Tensor
    stops: Tensor
    vectors: Tensor
    rest: Tensor

    def __init__(self, config: RetrievalConfig, space: MotionSpace, fps: float) -> None:
        super().__init__()
        self.config, self.space, self.fps = config, space, fps
        self.provenance: dict[str, Any] = {"model": self.name, "weights": "untrained"}
        self.encoder_name = ""
        self.sources: list[list[Any]] = []

    @property
    def capabilities(self) -> Capabilities:
        """Listeners to somebody whose words are known; a language model is told of voice and face, too."""
        told = self.config.language_model != EXAMPLES
        return Capabilities(
            frozenset({"listener"}), frozenset({"words", "speaking"}), self.space,
            uses=frozenset({"audio", "partner_motion"} if told else ()), reads=self.space if told else None,
            pauses=True,
        )  # fmt: skip

    # How it is made and stored

    def fill(self, clips: Sequence[Clip], encoder: ClipEncoder) -> None:
        """Takes clips into the bank, of which there is at least one.

        Args:
            clips: With motion in the frame of the seat, in the model's space and at its rate.
            encoder: That of the settings.
        """
        self.encoder_name = encoder.name
        self.sources = [[clip.conversation, clip.listener, round(clip.start, 3)] for clip in clips]
        motion = torch.from_numpy(np.concatenate([clip.motion.values for clip in clips]))
        stops = torch.tensor([len(clip.motion) for clip in clips]).cumsum(0)
        vectors = torch.from_numpy(np.ascontiguousarray(encoder.embed_clips(clips)[:, 0]))
        self._register(motion, stops, vectors)
        self.register_buffer("rest", motion.mean(0), persistent=False)

    @classmethod
    def build(
        cls, config: RetrievalConfig, space: MotionSpace, fps: float, statistics: Mapping[str, Tensor],
        state: Mapping[str, Any],
    ) -> RetrievalListener:  # fmt: skip
        """An empty bank of the right size; see `BehaviorModel.build`."""
        model = cls(config, space, fps)
        try:
            model.encoder_name, model.sources = str(state["encoder"]), list(state["sources"])
            rows, count, width = int(state["rows"]), len(model.sources), int(state["width"])
            model._register(
                torch.zeros(rows, space.dim), torch.zeros(count, dtype=torch.long), torch.zeros(count, width)
            )
        except InputError:
            raise
        except (KeyError, TypeError, ValueError, OverflowError, RuntimeError):
            raise InputError("state: encoder, sources, rows and width of the clips are missing or wrong") from None
        model.register_buffer("rest", statistics["rest"], persistent=False)
        return model

    def check_loaded(self) -> None:
        """Where clips end, and the resting pose."""
        need_positions(self.stops, len(self.motion) + 1, "stops")
        need_shape(self.rest, (self.space.dim,), "rest")

    def state(self) -> dict[str, Any]:
        """Sizes, where the clips come from, and what their vectors are of."""
        return {
            "encoder": self.encoder_name, "rows": len(self.motion), "width": self.vectors.shape[-1],
            "sources": self.sources,
        }  # fmt: skip

    def card(self) -> list[str]:
        """What it does and where its limits are."""
        return [
            "Plays retrieved clips: while the partner speaks, the reaction that fits a listener with the goal "
            f"{self.config.goal!r} is described in words, and the best-matching clip of the corpus is played "
            "(*RealTalk*).", "",
            f"- {len(self.sources)} clips of listeners; encoder `{self.encoder_name}`; reactions described by "
            f"`{self.config.language_model}`.", "",
            "The motion in it is that of the people in its corpus: share this model only if their motion may be "
            "shared.",
        ]  # fmt: skip

    def _register(self, motion: Tensor, stops: Tensor, vectors: Tensor) -> None:
        for name, tensor in (("motion", motion), ("stops", stops), ("vectors", vectors)):
            self.register_buffer(name, tensor)

    # Generation

    @cached_property
    def encoder(self) -> ClipEncoder:
        """What the clips were embedded with.

        Raises:
            InputError: It is not available, or is another one by now.
        """
        encoder = get_encoder(self.config.encoder)
        if encoder.name != self.encoder_name:
            raise InputError(
                f"the clips of this listener were embedded by {self.encoder_name!r}, and {self.config.encoder!r} is "
                f"{encoder.name!r}; train it again"
            )
        return encoder

    @cached_property
    def describer(self) -> Describes:
        """What puts reactions into words.

        Raises:
            InputError: The language model is not available.
        """
        return get_describer(self.config.language_model)

    def rest_pose(self) -> NDArray[np.float32]:
        """Between reactions."""
        return self.rest.cpu().numpy()

    def clip(self, number: int) -> Tensor:
        """(T, D) motion of a clip."""
        return self.motion[int(self.stops[number - 1]) if number else 0 : int(self.stops[number])]

    def generate(
        self, conversation: Conversation, people: Sequence[int] = (0, 1), *, samples: int = 1, seed: int = 0,
        options: Mapping[str, float] = MappingProxyType({}), update: Update = lambda _share: None,
    ) -> list[Conversation]:  # fmt: skip
        """Moves listeners; who speaks is at rest.

        A reaction is shown by one of the `RetrievalConfig.choices` best clips: seed 0 takes the best, and other seeds
        and further samples take others.
        """
        check_cues(conversation, people, self.capabilities, self.name)
        chosen_options(self.capabilities, options, self.name)
        reactions = {}
        for turn, person in enumerate(people):
            reactions[person] = self.react(conversation, person, seed)
            update((turn + 1) / (len(people) + 1))
        found = []
        for number in range(samples):
            rank = sample_seed(seed, number) % self.config.choices
            moved, shown = {}, {}
            for person in people:
                moved[person], shown["AB"[person]] = self._moved(conversation, person, reactions[person], rank)
            made = {**self.provenance, "seed": seed, "sample": number, "goal": self.config.goal, "reactions": shown}
            found.append(with_motion(conversation, moved, made))
        update(1.0)
        return found

    def react(self, conversation: Conversation, person: int, seed: int = 0) -> list[Reaction]:
        """How a person reacts to each stretch in which the other has the floor and says something.

        Raises:
            InputError: The describer or the encoder is not available.
        """
        frames = frame_count(conversation, self.fps)
        speaks = speaking_of(conversation, self.fps, frames) > SPEAKS
        speaker, listener = conversation.participants[1 - person], "AB"[person]
        found = []
        for start, stop in listening(speaks[1 - person], speaks[person], np.ones(frames, bool), self.fps):
            begin, end = start / self.fps, stop / self.fps
            said = said_to(conversation, listener, begin, end)
            if not any(letter.isalnum() for letter in said):
                continue
            before = said_to(conversation, listener, max(0.0, begin - EARLIER), begin)
            told = self.config.language_model != EXAMPLES
            situation = describe_speaker(speaker, begin, end) if told else None
            described = self.describer(said, self.config.goal, seed=seed, situation=situation, before=before)
            wanted = torch.from_numpy(embed_description(self.encoder, described)).to(self.vectors)
            best = (self.vectors @ wanted).topk(min(self.config.choices + 1, len(self.sources))).indices
            found.append(Reaction(start, stop, described.text, tuple(best.tolist())))
        return found

    def _moved(
        self, conversation: Conversation, person: int, reactions: Sequence[Reaction], rank: int
    ) -> tuple[Motion, list[dict[str, Any]]]:
        """Motion, and for provenance which clips were shown when."""
        frames = frame_count(conversation, self.fps)
        pieces: list[tuple[int, Tensor]] = []
        shown: list[dict[str, Any]] = []
        last = -1
        for reaction in reactions:
            fresh = [number for number in reaction.ranked if number != last] or [last]  # none twice in a row
            last = fresh[rank % len(fresh)]
            pieces.append((reaction.start, self.clip(last)[: reaction.stop - reaction.start + BLEND]))
            shown.append({
                "start": round(reaction.start / self.fps, 2), "expression": reaction.expression,
                "clip": self.sources[last],
            })  # fmt: skip
        values = over_rest(pieces, self.rest, frames).cpu().numpy()
        return placed_motion(values, seat_of(conversation, person, self.space), self.space, self.fps), shown


def need_served(space: MotionSpace) -> None:
    """Raises `InputError` unless clips can be described in a space."""
    if not served(Motion(np.zeros((1, space.dim), np.float32), 25.0, space)):
        raise InputError(
            f"motion is in space {space.name!r}; reactions can be described for 'arkit' and 'arkit-body': map it first"
        )
