"""Visual prompts: the paper's counts, equation 3, and what they leave alone."""

import math

import pytest
import torch
from torch.nn import functional

from clip_toys import tiny_clip
from visavis.errors import InputError
from visavis.models.retrieval.clip_encoder import ClipFrames, image_vectors, load_clip
from visavis.models.retrieval.visual_prompt import (
    PromptConfig,
    VisualPrompt,
    contrast,
    load_prompt,
    prompt_for,
    save_prompt,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_clip(tmp_path_factory.mktemp("clip") / "tiny")


@pytest.fixture(scope="module")
def model(folder):
    return load_clip(folder)[0].eval().requires_grad_(False)


def test_the_paper_s_prompt_has_the_paper_s_parameters():
    prompt = VisualPrompt()
    border = prompt.across.numel() + prompt.upright.numel()
    assert border == 2 * 3 * 30 * (224 + 224 - 2 * 30) == 69_840
    assert prompt.tokens.numel() == 10 * 768 == 7_680
    assert sum(p.numel() for p in prompt.parameters()) == 69_840 + 7_680


def test_the_border_is_learnt_and_the_middle_left_alone():
    prompt = VisualPrompt(PromptConfig(size=32, border=5, width=8))
    pixels = torch.randn(2, 3, 32, 32)
    changed = (prompt.padded(pixels) - pixels).abs().amax(dim=(0, 1)) > 0
    middle = torch.zeros(32, 32, dtype=torch.bool)
    middle[5:-5, 5:-5] = True
    assert torch.equal(changed, ~middle)


def test_without_learnt_values_clip_sees_what_it_saw(model):
    prompt = prompt_for(model, border=4, tokens=0)
    for parameter in prompt.parameters():
        torch.nn.init.zeros_(parameter)
    pixels = torch.randn(2, 3, 32, 32)
    assert torch.allclose(image_vectors(model, pixels, prompt), image_vectors(model, pixels), atol=1e-6)


def test_the_loss_is_equation_3():
    image, near, far = functional.normalize(torch.randn(3, 1, 8), dim=-1)
    a, b = (math.exp(float((image - text).norm())) for text in (near, far))
    found = contrast(image, near, far[:, None], torch.ones(1, 1, dtype=torch.bool))
    assert float(found) == pytest.approx(math.log(a / (a + b)), abs=1e-6)
    # Whoever shows what fits has less of it than whoever shows the contrary.
    given = torch.ones(1, 1, dtype=torch.bool)
    assert contrast(near, near, far[:, None], given) < contrast(far, near, far[:, None], given)


def test_padding_of_counterfactuals_does_not_count():
    image, near, far, other = functional.normalize(torch.randn(4, 1, 8), dim=-1)
    both = torch.stack([far, other], dim=1)
    assert contrast(image, near, both, torch.tensor([[True, False]])) == pytest.approx(
        float(contrast(image, near, far[:, None], torch.tensor([[True]])))
    )


def test_saved_prompts_are_the_same_again(model, folder, tmp_path):
    prompt = prompt_for(model, border=4, tokens=3)
    saved = save_prompt(prompt, tmp_path / "prompt", clip=str(folder))
    again = load_prompt(saved)
    pixels = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        assert torch.equal(image_vectors(model, pixels, again), image_vectors(model, pixels, prompt))
    plain = ClipFrames.from_pretrained(folder)
    prompted = ClipFrames.from_pretrained(folder, prompt=saved)
    assert prompted.name != plain.name
    assert ClipFrames.from_pretrained(saved).name == prompted.name


def test_prompts_of_another_clip_are_refused(folder, tmp_path):
    saved = save_prompt(VisualPrompt(PromptConfig(width=8)), tmp_path / "prompt", clip="other")
    with pytest.raises(InputError, match="224 pixels and a width of 8; this CLIP has 32 and 32"):
        ClipFrames.from_pretrained(folder, prompt=saved)
    with pytest.raises(InputError, match="covers a whole image"):
        VisualPrompt(PromptConfig(size=32, border=16))
    with pytest.raises(InputError, match=r"no config\.yaml"):
        load_prompt(tmp_path)
