"""Preset `paper` of DIM against Dyadic Interaction Modeling (Tran et al.), its equations written out once more.

Sizes are reduced; every switch is the preset's. Layers of transformers are taken as they are; what goes into them, and
what is made of what comes out, is computed here for one sample after the other, with what is hidden really left out.
"""

import numpy as np
import pytest
import torch

from visavis.models.dim import ENTRY
from visavis.models.dim.batch import PairBatch
from visavis.models.dim.core import codebook_of
from visavis.models.dim.losses import straight_through
from visavis.models.dim.masking import LISTENER, SPEAKER
from visavis.models.dim.model import build_dim
from visavis.models.dim.sampling import sample
from visavis.models.dim.statistics import Statistics
from visavis.models.registry import get_entry
from visavis.motion import EMOCA56
from visavis.tokenizers.statistics import MotionStatistics

SMALLER = (
    "window=40", "network.width=16", "network.layers=2", "network.feed_forward=16", "network.audio=8",
    "tokenizer.network={width: 16, depth: 1, heads: 8, feed_forward: 16}", "tokenizer.codebook.size=12",
    "tokenizer.codebook.dim=4",
)  # fmt: skip
FRAMES, WIDTH, SOUND = 40, 16, 6
NOTHING, ALL = np.zeros(FRAMES, bool), np.ones(FRAMES, bool)


def a_model(stage):
    rng = np.random.default_rng(0)
    rows = rng.normal(rng.normal(0, 0.1, 56), rng.uniform(0.05, 0.4, 56), (300, 56))
    measured = (rows.mean(0), rows.std(0), np.full(SOUND, 0.5), np.full(SOUND, 2.0))
    statistics = Statistics(*(torch.tensor(x, dtype=torch.float32) for x in measured))
    torch.manual_seed(0)
    config = ENTRY.load_preset("paper", SMALLER)
    model = build_dim(config, EMOCA56, 25.0, statistics, MotionStatistics.measure(rows, EMOCA56))
    model.begin(stage)
    for parameter in model.network.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return model.eval()


def a_batch(count=3):
    generator = torch.Generator().manual_seed(1)
    return PairBatch(
        0.2 * torch.randn(count, 2, FRAMES, 56, generator=generator),
        torch.ones(count, 2, FRAMES, dtype=torch.bool), torch.randn(count, FRAMES, SOUND, generator=generator),
        torch.ones(count, dtype=torch.bool),
    )  # fmt: skip


def sinusoid(count):
    """E^P: sines and cosines of Vaswani et al. 2017, all sines first."""
    angles = np.arange(count)[:, None] / 10_000 ** (2 * np.arange(WIDTH // 2) / WIDTH)
    return torch.tensor(np.concatenate([np.sin(angles), np.cos(angles)], 1), dtype=torch.float32)


def encoded(model, person, motion, seen):
    """Equation 4 and Enc^(s) or Enc^(l): what is masked is dropped; our role token goes first and is never masked."""
    encoder = model.network.encoders[person]
    x = (encoder.embed(motion) + encoder.role + sinusoid(FRAMES))[seen]
    return encoder.layers(torch.cat([encoder.token[None], x])[None])[0]


def joint(model, both, seen):
    """Equation 6, and mask tokens at the masked positions. Joined along time, where the paper says features."""
    fused = model.network.joint(torch.cat(both)[None])[0]
    parts = fused.split([len(part) for part in both])
    padded = [model.network.decoder.mask_tokens[p].repeat(FRAMES, 1) for p in (SPEAKER, LISTENER)]
    for p in (SPEAKER, LISTENER):
        padded[p][seen[p]] = parts[p][1:]
    return padded


def logits(model, padded, audio, person):
    """Equation 7: z'(s) from j(l), z'(l) from j(s), and the sound. Positions are added after both are joined, and the
    decoder is told whose units are wanted, because there is one decoder for both."""
    network = model.network
    decoder, sound = network.decoder, network.audio.merge(network.audio.embed(audio))
    partner = padded[1 - person] + decoder.roles[1 - person]
    own = decoder.roles[person].expand(FRAMES, -1)
    x = decoder.merge(torch.cat([own, partner, sound], -1)) + sinusoid(FRAMES)
    return network.heads[person](decoder.layers(x[None])[0])[:, 0]  # (T, K)


def reconstruction(model, person, motion, values, found, hidden):
    """Equations 8 and 9 as means: -log p of the masked units, squared error of the decoded masked frames.

    Where frames are seen, the VQ decoder gets their true units. Arguments are of a batch: motion and the same
    normalised, logits (B, T, K), and what is masked (B, T).
    """
    tokenizer = model.tokenizer(person)
    everywhere = torch.ones(1, FRAMES, dtype=torch.bool)
    cross, square = [], []
    for i, where in enumerate(hidden):
        true = tokenizer.encode(motion[i][None], everywhere).ids[0, :, 0]
        scores = found[i].double().exp()
        chance = scores / scores.sum(-1, keepdim=True)
        cross += -chance[torch.arange(FRAMES), true].log()[where]
        units = torch.where(torch.tensor(where), chance.argmax(-1), true)
        decoded = tokenizer.decode_embedding(tokenizer.codewords(units[None, :, None]), everywhere)[0]
        error = (decoded - model.motion_mean) / model.motion_std - values[i]
        square += error.square().mean(-1)[where]
    return float(np.mean(cross)), float(np.mean(square))


def published_loss(model, batch, hidden, wanted, *, contrast):
    """Equations 4 to 10 of a batch; hidden (B, 2, T) bool."""
    values = (batch.motion - model.motion_mean) / model.motion_std
    audio = (batch.audio - model.audio_mean) / model.audio_std
    parts, features, outputs = {}, [], {person: [] for person in wanted}
    for i in range(len(batch)):
        seen = [torch.tensor(~hidden[i, p]) for p in (SPEAKER, LISTENER)]
        both = [encoded(model, p, values[i, p], seen[p]) for p in (SPEAKER, LISTENER)]
        features.append([part[1:].mean(0).double().numpy() for part in both])
        padded = joint(model, both, seen)
        for person in wanted:
            outputs[person].append(logits(model, padded, audio[i], person))
    if contrast:  # equation 5, of features of length 1; temporally mean-pooled, tau of the release
        x = np.array(features) / np.linalg.norm(features, axis=-1, keepdims=True)
        likeness = np.exp(x[:, SPEAKER] @ x[:, LISTENER].T / 0.05)
        parts["contrastive"] = -np.log(likeness.diagonal() / likeness.sum(1)).mean()
    for person in wanted:
        units, frames = reconstruction(
            model, person, batch.motion[:, person], values[:, person], outputs[person], hidden[:, person]
        )
        name = ("speaker", "listener")[person]
        parts |= {f"{name}_units": units, f"{name}_motion": frames}
    return parts


def masked(rng, count, share):
    """15 % of the frames of each person, drawn uniformly."""
    masks = [rng.permutation(FRAMES) < round(share * FRAMES) for _ in range(2 * count)]
    return np.reshape(masks, (count, 2, FRAMES))


def test_the_preset_has_the_published_numbers():
    """Section 4.1; what the paper leaves out is the release's (see the README)."""
    config = ENTRY.load_preset("paper")
    network, masking, losses, tokenizer = config.network, config.masking, config.losses, config.tokenizer
    assert (network.layers, network.heads, network.feed_forward, network.branches) == (8, 8, 768, 2)
    assert config.encoder.startswith("hubert")
    assert network.audio_blocks == 0  # "we do not use the audio features in our encoders"
    assert (masking.mask_span, masking.seen, masking.absent, masking.unheard) == (1, 0, 0, 0)
    assert (losses.compared, losses.velocity, losses.expected) == ("means", 0, False)
    assert (config.vq, config.vq_decoder, config.pretraining) == (True, "trained", True)
    alone = get_entry("tokenizer").load_preset("transformer-paper")
    assert tokenizer.network == alone.network
    assert tokenizer.codebook == alone.codebook
    assert tokenizer.losses == alone.losses
    assert (tokenizer.downsample_factor, config.window) == (alone.downsample_factor, alone.window)


def test_the_share_of_frames_is_masked_for_both_apart():
    """Equation 4: uniformly, p % of the frames of speaker and of listener."""
    model = a_model("pretrain")
    real = torch.ones(400, 2, FRAMES, dtype=torch.bool)
    hidden = model.mask(real, torch.Generator().manual_seed(0)).numpy()
    assert (hidden.sum(-1) == round(0.15 * FRAMES)).all()
    assert hidden.mean((0, 1)) == pytest.approx(np.full(FRAMES, 0.15), abs=0.05)
    together = (hidden[:, SPEAKER] & hidden[:, LISTENER]).mean()
    assert together == pytest.approx(0.15**2, abs=0.005)  # where one is masked says nothing of the other


def test_pre_training_minimises_equation_10(monkeypatch):
    model, batch = a_model("pretrain"), a_batch()
    hidden = masked(np.random.default_rng(2), len(batch), 0.15)
    monkeypatch.setattr(model, "mask", lambda real, generator: torch.tensor(hidden))
    with torch.no_grad():
        losses = model.loss(batch, torch.Generator().manual_seed(0))
        wanted = published_loss(model, batch, hidden, (SPEAKER, LISTENER), contrast=True)
    assert {name: float(part) for name, part in losses.parts.items()} == pytest.approx(wanted, rel=1e-3)
    assert float(losses.total) == pytest.approx(sum(wanted.values()), rel=1e-3)  # lambda_1 = lambda_2 = 1


@pytest.mark.parametrize(
    ("stage", "hides", "wanted"),
    [
        ("listener", (NOTHING, ALL), LISTENER),  # section 3.3: p_s = 0 %, p_l = 100 %
        ("speaker", (ALL, ALL), SPEAKER),  # section 4.4: from speech alone
    ],
)
def test_fine_tuning_minimises_one_persons_equation_9(stage, hides, wanted):
    model, batch = a_model(stage), a_batch()
    hidden = np.repeat(np.stack(hides)[None], len(batch), 0)
    with torch.no_grad():
        losses = model.loss(batch, torch.Generator().manual_seed(0))
        parts = published_loss(model, batch, hidden, (wanted,), contrast=False)
    assert {name: float(part) for name, part in losses.parts.items()} == pytest.approx(parts, rel=1e-3)
    assert float(losses.total) == pytest.approx(sum(parts.values()), rel=1e-3)


def test_the_speaker_is_decoded_from_speech_alone():
    """Section 4.4: joint decoder and speaker's VQ decoder are fine-tuned; no motion is asked for."""
    model, batch = a_model("speaker"), a_batch()
    audio = (batch.audio - model.audio_mean) / model.audio_std
    padded = [model.network.decoder.mask_tokens[p].expand(FRAMES, -1) for p in (SPEAKER, LISTENER)]
    with torch.no_grad():
        units = logits(model, padded, audio[0], SPEAKER).argmax(-1)
        wanted = model.denormalise(model.values(units[None, :, None], SPEAKER))[0].numpy()
    hearing = batch.audio[0].numpy()
    found = sample(
        model, SPEAKER, FRAMES, partner=None, hearing=lambda start, stop: hearing[start:stop], seed=0, temperature=0.0
    )
    assert np.concatenate(list(found)) == pytest.approx(wanted, abs=1e-4)
    learns = {name.split(".")[0] for name, p in model.network.named_parameters() if p.requires_grad}
    assert learns == {"audio", "decoder", "heads"}
    assert not any(p.requires_grad for p in model.network.heads[LISTENER].parameters())


def test_the_listener_answers_motion_and_speech_in_one_pass():
    """Figure 3: all units of the clip at once; at temperature 0 the likeliest, otherwise drawn from their chances."""
    model, batch = a_model("listener"), a_batch(1)
    values = (batch.motion - model.motion_mean) / model.motion_std
    audio = (batch.audio - model.audio_mean) / model.audio_std
    seen = [torch.tensor(ALL), torch.tensor(NOTHING)]
    with torch.no_grad():
        both = [encoded(model, p, values[0, p], seen[p]) for p in (SPEAKER, LISTENER)]
        units = logits(model, joint(model, both, seen), audio[0], LISTENER).argmax(-1)
        wanted = model.denormalise(model.values(units[None, :, None], LISTENER))[0].numpy()
    speaker, hearing = batch.motion[0, SPEAKER].numpy(), batch.audio[0].numpy()

    def listener(**options):
        pieces = sample(
            model, LISTENER, FRAMES, partner=speaker, hearing=lambda start, stop: hearing[start:stop], **options
        )
        return np.concatenate(list(pieces))

    assert listener(seed=0, temperature=0.0) == pytest.approx(wanted, abs=1e-4)
    assert not np.allclose(listener(seed=0), wanted, atol=1e-2)


def test_the_gradient_passes_straight_through_the_choice():
    """Equation 8: the codeword that was chosen goes in, the gradient of the expected one comes back."""
    model = a_model("listener")
    book = codebook_of(model.tokenizer(LISTENER)).detach()
    torch.manual_seed(3)
    scores, asked = torch.randn(1, 4, 1, 12, requires_grad=True), torch.randn(1, 4, 4)
    words = book[0][scores[0, :, 0].argmax(-1)][None]
    passed = straight_through(scores, book, words, torch.ones(1, 4, dtype=torch.bool))
    assert torch.allclose(passed, words, atol=1e-6)
    (passed * asked).sum().backward()
    chance = scores.detach()[0, :, 0].softmax(-1).double().numpy()
    worth = asked[0].double().numpy() @ book[0].double().numpy().T  # of each codeword
    wanted = chance * (worth - (chance * worth).sum(1, keepdims=True))  # derivative of the softmax's mean
    assert scores.grad[0, :, 0].numpy() == pytest.approx(wanted, abs=1e-5)
