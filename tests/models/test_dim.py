"""DIM: what is hidden stays hidden, what is frozen stays frozen, and what can be learnt is learnt."""

import dataclasses

import numpy as np
import pytest
import torch

from dim_toys import PLAIN, fit, toy_batch, toy_model, toy_motions
from visavis.errors import InputError
from visavis.models.dim import ENTRY
from visavis.models.dim.config import STAGES
from visavis.models.dim.core import codebook_of
from visavis.models.dim.losses import contrastive_loss, expected_vectors, motion_loss, similarity, straight_through
from visavis.models.dim.masking import LISTENER, SPEAKER, hide_share
from visavis.models.dim.network import centered_features
from visavis.models.dim.ranking import pair_similarity, partner_ranks
from visavis.models.dim.sampling import fill, known_so_far, sample
from visavis.models.windowing import Window

HEARING = 6


@pytest.mark.parametrize("name", ENTRY.presets)
def test_presets_parse(name):
    config = ENTRY.load_preset(name)
    if name == "paper":
        sizes = (config.network.layers, config.network.heads, config.network.feed_forward, config.network.width)
        assert sizes == (8, 8, 768, 768)
        assert (config.tokenizer.network.depth, config.tokenizer.network.heads) == (8, 8)
        assert (config.masking.seen, config.sampling.rounds, config.network.decodes_from) == (0, 1, "partner")


def test_settings_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="overlap"):
        ENTRY.load_preset("debug", ("sampling.overlap=20",))
    with pytest.raises(InputError, match="masking"):
        ENTRY.load_preset("debug", ("masking.mask_ratio=[0.5, 0.2]",))
    with pytest.raises(InputError, match=r"tokenizer\.downsample_factor"):
        ENTRY.load_preset("debug", ("window=30",))


def test_the_share_asked_for_is_hidden():
    generator = torch.Generator().manual_seed(0)
    hidden = hide_share(torch.tensor([0.0, 0.25, 1.0]), 40, 1, generator)
    assert hidden.sum(-1).tolist() == [0, 10, 40]
    spans = hide_share(torch.full((200,), 0.5), 40, 4, generator)
    assert (spans.unflatten(-1, (-1, 4)).float().std(-1) == 0).all()
    assert 0.3 < spans.float().mean(0).min() < 0.5 < spans.float().mean(0).max() < 0.7  # no place is favoured


def test_hidden_motion_changes_nothing():
    model = toy_model().eval()
    torch.manual_seed(1)
    motion = torch.randn(2, 2, 32, PLAIN.dim)
    visible = torch.rand(2, 2, 8) > 0.5
    visible[1, LISTENER] = False
    seen = visible.repeat_interleave(4, -1)[..., None]
    audio, heard = torch.zeros(2, 32, 0), torch.zeros(2, dtype=torch.bool)
    real = torch.ones(2, 8, dtype=torch.bool)

    def predicted(x):
        joint = model.network.fuse(model.network.encode(x, visible), visible)
        return [model.network.decode(joint, visible, audio, heard, p, real) for p in (SPEAKER, LISTENER)]

    other = torch.where(seen, motion, 100 * torch.randn_like(motion))
    shown = torch.where(seen, motion + 1, motion)
    for first, second, third in zip(predicted(motion), predicted(other), predicted(shown), strict=True):
        assert torch.equal(first, second)
        assert not torch.allclose(first, third)


def test_each_stage_hides_what_the_paper_says():
    paper = ("masking.seen=0", "masking.absent=0", "masking.mask_ratio=[0.25, 0.25]", "masking.mask_span=1")
    real = torch.ones(6, 2, 8, dtype=torch.bool)
    generator = torch.Generator().manual_seed(0)
    hidden = {stage: toy_model(*paper, stage=stage).mask(real, generator) for stage in STAGES[1:]}
    assert (hidden["pretrain"].sum(-1) == 2).all()
    assert not hidden["listener"][:, SPEAKER].any()
    assert hidden["listener"][:, LISTENER].all()
    assert hidden["speaker"].all()
    alone = toy_model(*paper, "network.branches=1")
    assert alone.mask(real, generator)[:, LISTENER].all()


def test_what_is_not_heard_changes_nothing():
    model = toy_model("masking.unheard=0", stage="listener", audio_dim=HEARING).eval()
    batch = toy_batch(audio_dim=HEARING)
    silent = dataclasses.replace(batch, heard=torch.zeros_like(batch.heard))

    def loss(b):
        return float(model.loss(b, torch.Generator().manual_seed(0)).total)

    assert loss(silent) == loss(dataclasses.replace(silent, audio=silent.audio + 5))
    assert loss(batch) != loss(dataclasses.replace(batch, audio=batch.audio + 5))


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_learns(stage):
    model = toy_model(stage="tokenizers", audio_dim=HEARING)
    batch = toy_batch(4, audio_dim=HEARING)
    losses = fit(model, 30 if stage != "tokenizers" else 50, batch)
    if stage != "tokenizers":
        model.begin(stage)
        losses = fit(model, 40, batch)
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def state(module):
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def moved(before, module):
    return {name.split(".")[0] for name, tensor in module.state_dict().items() if not torch.equal(tensor, before[name])}


@pytest.mark.parametrize("stage", ["pretrain", "listener", "speaker"])
def test_vq_encoders_and_codebooks_stay_frozen_and_decoders_learn(stage):
    model = toy_model(stage=stage, audio_dim=HEARING)
    before = [state(tokenizer) for tokenizer in model.tokenizers]
    network = {name: state(part) for name, part in model.network.named_children()}
    fit(model, 3, toy_batch(audio_dim=HEARING))
    learnt = [moved(b, tokenizer) for b, tokenizer in zip(before, model.tokenizers, strict=True)]
    own = {"pretrain": (SPEAKER, LISTENER), "listener": (LISTENER,), "speaker": (SPEAKER,)}[stage]
    assert learnt == [{"decoder"} if p in own else set() for p in (SPEAKER, LISTENER)]
    changed = {name for name, part in model.network.named_children() if moved(network[name], part)}
    if stage == "speaker":  # section 4.4: only the joint decoder, what feeds it and what reads it
        assert changed == {"audio", "decoder", "heads"}
    else:
        assert changed >= {"encoders", "joint", "decoder", "heads"}


def test_a_frozen_vq_decoder_stays_frozen():
    model = toy_model("vq_decoder=frozen", stage="listener")
    before = [state(tokenizer) for tokenizer in model.tokenizers]
    losses = fit(model, 3, toy_batch())
    assert [moved(b, t) for b, t in zip(before, model.tokenizers, strict=True)] == [set(), set()]
    assert np.isfinite(losses).all()


def test_ablations_leave_out_what_they_say():
    def parts(*changes):
        return set(toy_model(*changes).loss(toy_batch(), torch.Generator().manual_seed(0)).parts)

    everything = {"contrastive", "speaker_units", "speaker_motion", "listener_units", "listener_motion"}
    assert parts() == everything
    assert parts("losses.contrastive=0") == everything - {"contrastive"}
    assert parts("vq=false") == everything - {"speaker_units", "listener_units"}
    assert parts("network.branches=1") == {"listener_units", "listener_motion"}


def test_the_partner_alone_is_decoded_from_where_the_paper_says_so():
    """Equation 7: the own features do not enter but through the joint encoder."""
    for source, same in (("partner", True), ("both", False)):
        model = toy_model(f"network.decodes_from={source}").eval()
        torch.manual_seed(2)
        joint = [torch.randn(1, 8, 16) for _ in range(2)]
        other = [joint[SPEAKER], torch.randn(1, 8, 16)]
        seen, sound = torch.ones(1, 2, 8, dtype=torch.bool), torch.zeros(1, 8, 16)
        real = torch.ones(1, 8, dtype=torch.bool)
        first, second = (model.network.decoder(tuple(j), seen, sound, LISTENER, real) for j in (joint, other))
        assert torch.equal(first, second) is same


def test_contrastive_loss_prefers_true_pairs():
    torch.manual_seed(0)
    features, all_of_them = torch.randn(6, 8), torch.ones(6, dtype=torch.bool)
    right = contrastive_loss(features, features, 0.1, all_of_them)
    wrong = contrastive_loss(features, features.roll(1, 0), 0.1, all_of_them)
    assert right < 0.2 < np.log(6) < wrong
    assert contrastive_loss(features, features, 0.1, torch.arange(6) < 1) == 0


def test_straight_through_gives_the_chosen_vector_and_the_logits_a_gradient():
    model = toy_model()
    tokenizer = model.tokenizer(LISTENER)
    logits = torch.randn(1, 3, model.num_codebooks, model.codebook_size, requires_grad=True)
    ids = logits.argmax(-1)
    vectors, where = tokenizer.codewords(ids), torch.tensor([[True, True, False]])
    out = straight_through(logits, codebook_of(tokenizer), vectors, where)
    assert torch.allclose(out, vectors, atol=1e-6)
    out.square().sum().backward()
    assert (logits.grad.abs().sum((0, 2, 3)) > 0).tolist() == [True, True, False]


def test_expected_vectors_are_codewords_where_the_choice_is_sure_and_means_where_it_is_not():
    model = toy_model()
    tokenizer, size = model.tokenizer(LISTENER), model.codebook_size
    ids = torch.randint(size, (2, 3, model.num_codebooks))
    sure = 1e3 * torch.nn.functional.one_hot(ids, size).float()
    assert torch.allclose(expected_vectors(sure, codebook_of(tokenizer)), tokenizer.codewords(ids), atol=1e-5)
    every = torch.arange(size)[None, :, None].expand(1, size, model.num_codebooks)
    mean = tokenizer.codewords(every).mean(1, keepdim=True)
    unsure = torch.zeros(1, 1, model.num_codebooks, size)
    assert torch.allclose(expected_vectors(unsure, codebook_of(tokenizer)), mean, atol=1e-5)


def test_expected_motion_needs_no_seed_and_only_replaces_the_coldest_draw():
    likeliest, expected = (toy_model(f"sampling.expected={on}", stage="listener") for on in ("false", "true"))
    expected.load_state_dict(likeliest.state_dict())
    cold = [listener_of(m, seed, temperature=0.0, rounds=1) for m in (likeliest, expected) for seed in (0, 1)]
    assert np.array_equal(cold[2], cold[3])
    assert not np.allclose(cold[0], cold[2])
    assert np.array_equal(*(listener_of(m, 0, temperature=1.0) for m in (likeliest, expected)))


def test_training_for_expected_motion_brings_it_nearer_to_the_truth():
    batch = toy_batch(8)

    def error(model):
        with torch.no_grad():
            return float(model.loss(batch, torch.Generator().manual_seed(0)).parts["listener_motion"])

    model = toy_model("losses.expected=true", stage="listener")
    before = error(model)
    fit(model, 60, batch)
    assert error(model) < 0.8 * before


def test_where_nothing_is_visible_nothing_need_be_encoded():
    model = toy_model(stage="speaker", audio_dim=HEARING).eval()
    batch, network = toy_batch(audio_dim=HEARING), model.network
    visible = torch.zeros(len(batch), 2, 32 // model.downsample_factor, dtype=torch.bool)
    everyone = ~visible[:, 0]
    out = [
        network.decode(joint, visible, batch.audio, batch.heard, SPEAKER, everyone)
        for joint in (
            network.fuse(network.encode(batch.motion, visible), visible), network.joint_features(batch.motion, visible)
        )
    ]  # fmt: skip
    assert torch.equal(*out)


def test_jitter_costs_more_than_an_offset_where_changes_count():
    still, everywhere = torch.zeros(1, 8, 3), torch.ones(1, 8, dtype=torch.bool)
    offset, jitter = still + 1.0, still + torch.tensor([1.0, -1.0]).repeat(4)[:, None]
    assert motion_loss(offset, still, everywhere) == motion_loss(jitter, still, everywhere) == 1
    assert motion_loss(offset, still, everywhere, 0.5) == 1
    assert motion_loss(jitter, still, everywhere, 0.5) == 3
    alternate = torch.tensor([[True, False] * 4])
    assert motion_loss(jitter, still, alternate, 0.5) == 1


def test_withheld_sound_changes_training_and_nothing_else():
    model = toy_model("network.audio_dropout=0.5", audio_dim=HEARING, stage="speaker")
    tower = model.network.audio
    audio, heard = torch.randn(1, 32, HEARING), torch.ones(1, dtype=torch.bool)
    assert not torch.equal(tower(audio, heard), tower(audio, heard))
    tower.eval()
    assert torch.equal(tower(audio, heard), tower(audio, heard))


def listener_of(model, seed, **options):
    partner = toy_motions(1, 100)[0][0].values
    pieces = sample(model, LISTENER, 100, partner=partner, hearing=None, seed=seed, **options)
    return np.concatenate(list(pieces))


def test_seeds_reproduce_and_samples_differ():
    model = toy_model(stage="listener")
    one, again, other = (listener_of(model, seed) for seed in (0, 0, 1))
    assert one.shape == (100, PLAIN.dim)
    assert np.array_equal(one, again)
    assert not np.allclose(one, other)
    cold = [listener_of(model, seed, temperature=0.0, rounds=1) for seed in (0, 1)]
    assert np.array_equal(*cold)


@pytest.mark.parametrize("change", ["vq=false", "network.branches=1", "sampling.overlap=0", "sampling.rounds=1"])
def test_ablations_and_the_papers_way_generate_any_length(change):
    model = toy_model(change, stage="listener")
    for frames in (1, 31, 32, 33, 77):
        pieces = sample(model, LISTENER, frames, partner=np.zeros((frames, 5), np.float32), hearing=None, seed=0)
        values = np.concatenate(list(pieces))
        assert values.shape == (frames, 5)
        assert np.isfinite(values).all()


def test_windows_join_without_jumps():
    """Where one window takes over from another, steps are no larger than between units elsewhere."""
    model = toy_model("vq=false", "sampling.overlap=16", stage="listener")
    steps = np.abs(np.diff(listener_of(model, 0), axis=0)).max(1)
    between = np.arange(3, 99, 4)  # the step into a unit
    joins = np.isin(between + 1, (16, 32, 48, 64, 80))
    assert steps[between[joins]].max() < 1.2 * steps[between[~joins]].max()


def test_the_true_partner_is_found_after_training_and_not_before():
    model = toy_model("losses.reconstruction=0.01", "masking.mask_ratio=[0.1, 0.3]")
    speakers, listeners = toy_motions(8, 32)
    before = partner_ranks(pair_similarity(model, speakers, listeners))
    fit(model, 150, toy_batch(8), rate=1e-2)
    after = partner_ranks(pair_similarity(model, speakers, listeners))
    assert after.mean() < 2.0 < before.mean()
    scores = pair_similarity(model, speakers[:3], toy_motions(4, 80)[1])
    assert scores.shape == (3, 4)
    with pytest.raises(InputError, match="listener 0"):
        pair_similarity(model, speakers, [dataclasses.replace(listeners[0], fps=30.0)])


def test_ranks_count_from_one_and_share_ties():
    assert partner_ranks(np.array([[3.0, 1, 2], [9, 5, 1], [1, 2, 0]])).tolist() == [1, 2, 3]
    assert partner_ranks(np.ones((3, 3))).tolist() == [2, 2, 2]


def test_changes_find_who_moves_at_the_same_time_whatever_the_level():
    """Levels, by which people differ, count for nothing; hidden units count for nothing either."""
    time = torch.linspace(0, 6, 24)
    curves = torch.stack([torch.stack([(k * time).sin(), (k * time).cos()], -1) for k in (1, 2, 3)])
    tokens, visible = torch.randn(3, 1, 2), torch.ones(3, 24, dtype=torch.bool)
    visible[:, 20:] = False

    def compared(levels):
        encoded = torch.cat([tokens, curves + levels], 1)
        encoded[:, 21:] = 1e3
        return centered_features(encoded, visible)

    mine, theirs = compared(torch.zeros(3, 1, 1)), compared(torch.tensor([5.0, -3.0, 9.0])[:, None, None])
    assert torch.allclose(mine, theirs, atol=1e-4)
    assert similarity(mine, theirs).argmax(1).tolist() == [0, 1, 2]


def test_partners_are_found_by_changes_after_training():
    model = toy_model("losses.compared=changes", "losses.reconstruction=0.01", "masking.mask_ratio=[0.1, 0.3]")
    speakers, listeners = toy_motions(8, 32)
    before = partner_ranks(pair_similarity(model, speakers, listeners))
    fit(model, 60, toy_batch(8), rate=1e-2)
    assert partner_ranks(pair_similarity(model, speakers, listeners)).mean() < min(2.0, before.mean())


def test_units_filled_in_in_any_order_are_as_frequent_as_the_network_says():
    """Surest first, what is likely anyway comes too often."""

    def share(order):
        model = toy_model(f"sampling.order={order}", "tokenizer.codebook.num_codebooks=1", stage="listener")
        head = model.network.heads[LISTENER]
        torch.nn.init.zeros_(head.weight)
        with torch.no_grad():  # one code half of the time, fifteen others otherwise
            head.bias.copy_(torch.tensor([15.0] + 15 * [1.0]).log())
        still = np.zeros((32, 5), np.float32)
        seen = known_so_far(model, LISTENER, Window(0, 32, 0, 32), still, None, None)
        draws = [fill(model, LISTENER, seen, torch.Generator().manual_seed(s), 1.0, 4)[0] for s in range(30)]
        return float((torch.stack(draws) == 0).float().mean())

    assert abs(share("any") - 0.5) < 0.1
    assert share("surest") > 0.6
