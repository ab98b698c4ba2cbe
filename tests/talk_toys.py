"""A MARS of random weights that shows something with most of its words."""

import torch

from mars_toys import tiny_mars


def talkative_mars(**settings):
    """Says letters at random and codes after most words: the rows of codes are longer than those of letters."""
    model = tiny_mars(**{"context": 2048, "answer": 64, **settings})
    drawn = torch.Generator().manual_seed(1)
    for name, rows in model.language.learnt.items():
        if name.endswith("rows"):
            rows.data.normal_(0, 1, generator=drawn)
    return model
