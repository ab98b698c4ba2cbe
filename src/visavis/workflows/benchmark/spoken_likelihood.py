"""How likely a language model holds what was said and shown in a conversation, token by token."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from visavis.conversation import Conversation
from visavis.models.mars.chat import Encoded
from visavis.models.mars.model import Mars
from visavis.models.mars.packing import stretches
from visavis.models.mars.vocabulary import Kind
from visavis.workflows.benchmark.speakers import Hears, Unigram, told

Sums = dict[str, list[float]]
"""By what is predicted, the sum of ``-log p`` over tokens (nats), and their number."""
TEXT, FACE, BODY, ALL = "text", "face", "body", "all"
"""Pieces of words (the end of a turn is none), codes of the face and of the body, and every token of an answer."""
GIVEN = " given"
"""After these: how likely a token is if it is known which of the three comes."""
UNIGRAM = " unigram"
"""After the codes': how likely they are by their frequencies alone."""
WORDS = "words"
"""Words, over which the information of their pieces is divided."""


def likelihood(
    model: Mars, conversation: Conversation, hears: Hears, context: int, unigram: Unigram, seed: int = 0
) -> Sums:  # fmt: skip
    """What each person says and shows in turns, from all that came before in the same stretch.

    Args:
        model: Predicts.
        conversation: Words and motion of both people; each is the assistant once.
        hears: What is told, see `visavis.workflows.benchmark.speakers.told`.
        context: Tokens of a stretch of whole turns.
        unigram: Frequencies of codes.
        seed: Of shuffled codes.
    """
    chat, costs, choices = model.chat(), _costs(model, unigram), _choices(model)
    sums: dict[str, list[float]] = {}
    for assistant in (0, 1):
        turns = told(model, conversation, hears, assistant, seed)
        for part in stretches(chat, turns, context) if turns else ():
            for name, (total, count) in _stretch(model, chat.encode(part), chat.end, costs, choices).items():
                known = sums.setdefault(name, [0.0, 0.0])
                known[0], known[1] = known[0] + total, known[1] + count
            said = sum(len(turn.words) for turn in part if turn.role == "assistant")
            sums.setdefault(WORDS, [0.0, 0.0])[1] += said
    if TEXT in sums:
        sums[WORDS][0] = sums[TEXT][0]
    return sums


@torch.inference_mode()
def _stretch(
    model: Mars, encoded: Encoded, end: int, costs: Tensor, choices: dict[str, list[Tensor]]
) -> dict[str, tuple[float, float]]:  # fmt: skip
    device = next(iter(model.language.learnt.values())).device
    ids, kinds = torch.from_numpy(encoded.ids).to(device), torch.from_numpy(encoded.kinds).to(device)
    targets = (kinds != Kind.CONTEXT).nonzero()[:, 0]
    targets = targets[targets > 0]
    if not len(targets):
        return {}
    logits = model.language(ids[None], keep=targets - 1)[0].float()
    wanted, what = ids[targets], kinds[targets]
    chosen = logits.gather(1, wanted[:, None])[:, 0]
    whole = logits.logsumexp(1) - chosen
    found = {ALL: (float(whole.double().sum()), float(len(whole)))}
    groups = {TEXT: (what == Kind.TEXT) & (wanted != end), FACE: what == Kind.FACE, BODY: what == Kind.BODY}
    for name, where in groups.items():
        if not where.any():
            continue
        count = float(where.sum())
        found[name] = float(whole[where].double().sum()), count
        rest = torch.zeros_like(whole)
        for among in choices[name]:
            here = (where & torch.isin(wanted, among.to(device))).nonzero()[:, 0]
            rest[here] = logits[here][:, among.to(device)].logsumexp(1)
        found[name + GIVEN] = float((rest - chosen)[where].double().sum()), count
        if name != TEXT:
            found[name + UNIGRAM] = float(costs.to(device)[wanted[where]].double().sum()), count
    return found


def _choices(model: Mars) -> dict[str, list[Tensor]]:
    """The tokens among which one is, if it is known what it is: a piece of a word, or a code of a codebook."""
    words = np.flatnonzero(model.vocabulary.kinds(model.language.size) == Kind.TEXT)
    tables = {TEXT: words[None], FACE: model.vocabulary.face_ids, BODY: model.vocabulary.body_ids}
    return {name: [torch.from_numpy(ids) for ids in table] for name, table in tables.items()}


def _costs(model: Mars, unigram: Unigram) -> Tensor:
    """``-log p`` (V,) of each code by its frequency."""
    costs = torch.zeros(model.language.size)
    for table, chances in ((model.vocabulary.face_ids, unigram.face), (model.vocabulary.body_ids, unigram.body)):
        for ids, book in zip(table, chances, strict=True):
            costs[torch.from_numpy(ids)] = -torch.tensor(book).log()
    return costs
