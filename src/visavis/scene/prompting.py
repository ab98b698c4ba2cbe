"""The few-shot prompt, and parsing of the answer (Talking Together, section 3.5 and supplement 2.2)."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from typing import Any, get_args

from visavis.errors import InputError
from visavis.language.protocol import LanguageModel, Message, Sampling
from visavis.reading import parse_json
from visavis.scene.examples import Example, load_examples
from visavis.scene.placement import Kind, Placement, Point

SHOTS = 3
SAMPLING = Sampling(temperature=0.2, max_tokens=128)
"""All three as in Talking Together, supplement 2.2."""

INSTRUCTION = (
    "You place two people, A and B, who talk to each other in a room. Given a situation in words, you answer with the "
    "places of both heads in metres. The middle of the conversation is (0, 0, 0); +X is right, +Y is up, +Z is "
    "forward; y is 0 for a standing person and lower for one who sits. Heads apart along Z face each other, heads "
    "apart along X sit side by side. Answer with JSON and nothing else, in this form: "
    '{"A": [x, y, z], "B": [x, y, z]}'
)


SAME_PLACE = 0.01
"""Metres; nothing can be told from two heads that are nearer."""


class AnswerError(InputError):
    """A language model's answer is no placement."""


def build_messages(
    text: str, seed: int, examples: Sequence[Example] | None = None, shots: int = SHOTS
) -> list[Message]:
    """The chat that asks for a placement: instruction, `shots` examples drawn by `seed`, and the situation."""
    pool = load_examples() if examples is None else examples
    chosen = random.Random(seed).sample(list(pool), min(shots, len(pool)))
    messages = [{"role": "system", "content": INSTRUCTION}]
    for example in chosen:
        messages.append({"role": "user", "content": f"Input: {json.dumps(example.text)}"})
        messages.append({"role": "assistant", "content": _answer(example.placement)})
    messages.append({"role": "user", "content": f"Input: {json.dumps(text, ensure_ascii=False)}"})
    return messages


def ask(
    model: LanguageModel, text: str, seed: int = 0, examples: Sequence[Example] | None = None, shots: int = SHOTS
) -> Placement:
    """Asks for a placement, and once more, saying what was wrong, if the answer is none.

    Raises:
        AnswerError: The second answer is none either.
        LanguageModelError: There is no answer.
    """
    messages = build_messages(text, seed, examples, shots)
    reply = model(messages, seed, SAMPLING)
    try:
        return parse_answer(reply)
    except AnswerError as error:
        wrong = str(error)
    again = {"role": "user", "content": f"That cannot be used: {wrong}. Answer again, with the JSON alone."}
    reply = model([*messages, {"role": "assistant", "content": reply[:2000]}, again], seed + 1, SAMPLING)
    try:
        return parse_answer(reply)
    except AnswerError as error:
        raise AnswerError(f"{model.name} returned no usable placement in two attempts: {error}") from None


def parse_answer(reply: str) -> Placement:
    """The placement in a reply; prose or a code fence around the JSON is passed over.

    Raises:
        AnswerError: There is no JSON object with finite and different places for A and B.
    """
    start, end = reply.find("{"), reply.rfind("}")
    if not 0 <= start < end:
        raise AnswerError("there is no JSON object in it")
    try:
        answer = parse_json(reply[start : end + 1], "answer")
    except InputError:
        raise AnswerError("its JSON cannot be read") from None
    try:
        placement = placement_from_json(answer)
    except InputError as error:
        raise AnswerError(str(error)) from None
    if placement.distance < SAME_PLACE:
        raise AnswerError("both heads are in one place")
    return placement


def placement_from_json(data: Any) -> Placement:
    """Reads ``{"A": [x, y, z], "B": [x, y, z]}``, with ``"kind"`` if wanted, in the paper's convention.

    Raises:
        InputError: Names the field.
    """
    if not isinstance(data, dict) or not {"A", "B"} <= data.keys():
        raise InputError('an object with "A" and "B" is needed')
    kind = data.get("kind")
    if kind is not None and kind not in get_args(Kind):
        raise InputError(f'"kind" must be one of {", ".join(get_args(Kind))}')
    return Placement(read_point(data["A"], '"A"'), read_point(data["B"], '"B"'), kind)


def read_point(value: Any, field: str) -> Point:
    """Three finite numbers.

    Raises:
        InputError: Names the field.
    """
    if not isinstance(value, list) or len(value) != 3:
        raise InputError(f"{field} must be a list of three numbers")
    for number in value:
        # bool is an int to Python, and integers of any length come out of JSON.
        if isinstance(number, bool) or not isinstance(number, int | float) or abs(number) > 1e300 or math.isnan(number):
            raise InputError(f"{field} must be three finite numbers, not {str(number)[:20]!r}")
    x, y, z = (float(v) for v in value)
    return x, y, z


def _answer(placement: Placement) -> str:
    return json.dumps({"A": list(placement.a), "B": list(placement.b)})
