"""Each profile against the release's own procedure, written once more from what the release does, and against toys.

The procedures here are loops over frames and clips in the releases' layouts (order of columns, metres, batches), so
that they share nothing with the product but the input.
"""

import math
from collections import Counter

import numpy as np
import pytest
from metric_toys import FPS, noise

from visavis.errors import InputError
from visavis.evaluation.affect import LinearAffect
from visavis.evaluation.appropriateness import REACT25
from visavis.evaluation.batches import BatchDiversity
from visavis.evaluation.clip import Clip
from visavis.evaluation.profiles import Setting, get_profile
from visavis.evaluation.protocol import evaluate
from visavis.evaluation.surface import body_surface, vertex_surface
from visavis.motion import ARKIT, EMOCA56, Column, Motion, MotionSpace

EXPRESSION = [EMOCA56.index(name) for name in EMOCA56.names if name.startswith("expression")]
HEAD = [EMOCA56.index(f"global.{axis}") for axis in "xyz"]
JAW = [EMOCA56.index(f"jaw.{axis}") for axis in "xyz"]
POINTS = MotionSpace("points", tuple(Column(f"v{i}.{a}", "m", "expression") for i in range(5) for a in "xyz"))
LIPS, UPPER = [0, 1], [2, 3, 4]


def found(name, clips, **extra):
    """The profile's values by measure and part."""
    setting = Setting(clips[0].true.space, len(clips[0].predicted), clips[0].partner is not None, **extra)
    results = evaluate(clips, get_profile(name), setting, intervals=False).results
    return {(r.info.name, r.info.part): r for r in results}


def talks(*lengths, samples=1):
    """Clips whose listener answers the partner, with samples that do so less."""
    made = []
    for i, frames in enumerate(lengths):
        partner = noise(10 + i, frames)
        true = Motion(0.5 * partner.values + noise(20 + i, frames).values, FPS, EMOCA56)
        drawn = tuple(noise(100 * i + j, frames, scale=0.2 + 0.05 * j, offset=0.05) for j in range(samples))
        made.append(Clip(f"clip {i}", drawn, true, partner))
    return made


def frechet(a, b):
    """Between lists of frames; the square root's trace from the eigenvalues of the product."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    s, t = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    root = np.sqrt(np.maximum(np.linalg.eigvals(s @ t).real, 0)).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(s) + np.trace(t) - 2 * root)


def drawn_diversity(values, pairs, rng, replace=False, times=3000):
    """As releases draw it, averaged over many draws."""
    total = 0.0
    for _ in range(times):
        if replace:  # VENUS: each pair by itself, of two different frames
            i, j = rng.choice(len(values), 2, replace=False)
            total += math.dist(values[i], values[j])
        else:  # two subsets, each without repetition, frame by frame
            first, second = (rng.choice(len(values), pairs, replace=False) for _ in range(2))
            total += np.mean([math.dist(values[i], values[j]) for i, j in zip(first, second, strict=True)])
    return total / times


# --- LM-Listener ---------------------------------------------------------------------------------------------------


def test_lm_listener():
    torch = pytest.importorskip("torch")
    clips = talks(12, 30, 95)
    valence = LinearAffect("first", {"expression00": (0.5, 0.0)})
    ours = found("lm-listener", clips, estimator=valence)
    l2, fd, paired, var, affect = [], [], [], [], []
    for clip in clips:
        p, t, s = (m.values[:, EXPRESSION + HEAD + JAW] for m in (clip.predicted[0], clip.true, clip.partner))
        l2.append(sum((x - y) ** 2 for a, b in zip(p, t, strict=True) for x, y in zip(a, b, strict=True)) / p.size)
        fd.append(frechet(p, t))
        paired.append(frechet(np.concatenate([s, p], 1), np.concatenate([s, t], 1)))
        var.append(np.mean([np.var(column) for column in p.T]))
        values = [torch.from_numpy(0.5 * x[:, 0].clip(-2, 2)).reshape(-1, 1) for x in (p, t)]
        width = min(30, len(p))
        windows = [v.unfold(dimension=0, size=width, step=30).mean(dim=-1) for v in values]
        affect.append(float(((windows[0] - windows[1]) ** 2).mean()))
    assert ours["L2", "all"].value == pytest.approx(np.mean(l2), rel=1e-4)
    assert ours["FD", "all"].value == pytest.approx(np.mean(fd), rel=1e-3)
    assert ours["P-FD", "all"].value == pytest.approx(np.mean(paired), rel=2e-3)
    assert ours["Var", "all"].value == pytest.approx(np.mean(var), rel=1e-4)
    assert ours["L2-Affect", "all"].value == pytest.approx(np.mean(affect), rel=1e-4)


def test_lm_listener_windows_by_what_a_short_clip_has():
    """By hand: valence errs by 0.2 and 0.4 in turns, so the one window of 4 frames by 0.3; nothing is dropped."""
    valence = LinearAffect("first", {"expression00": (1.0, 0.0)})
    for frames in (2, 4, 28, 30):
        error = np.zeros((frames, 56))
        error[:, EXPRESSION[0]] = [0.2, 0.4] * (frames // 2)
        clip = Clip("c", (Motion(error, FPS, EMOCA56),), Motion.zeros(frames, FPS, EMOCA56))
        result = found("lm-listener", [clip], estimator=valence)["L2-Affect", "all"]
        assert result.value == pytest.approx(0.3**2, rel=1e-5), frames
        assert result.clips == 1
    assert "30 frames are excluded" not in " ".join(result.notes)


def test_diversity_is_what_draws_have_on_average():
    rng = np.random.default_rng(0)
    clip = talks(40)[0]
    values = clip.predicted[0].values.astype(float)
    ours = found("lm-listener", [clip])["Diversity", "all"]
    assert ours.value == pytest.approx(drawn_diversity(values, 30, rng, times=150), rel=0.01)
    plain = found("plain", [clip])["Diversity", "all"]
    assert plain.value == pytest.approx(drawn_diversity(values, 1, rng, replace=True), rel=0.01)
    assert plain.value > ours.value  # a frame that meets itself is at no distance


def test_diversity_of_a_triangle():
    """Three frames at 3, 4 and 5 from each other: 4 on average; 8/3 where a third of the pairs are of one frame."""
    rows = np.zeros((3, 56))
    rows[1, 0], rows[2, 1] = 3.0, 4.0
    clip = Clip("c", (Motion(rows, FPS, EMOCA56),), noise(0, 3))
    assert found("plain", [clip])["Diversity", "all"].value == pytest.approx(4)
    assert found("lm-listener", [clip])["Diversity", "all"].value == pytest.approx(8 / 3)
    assert found("dualtalk", [clip])["Diversity", "expression"].value == pytest.approx(8 / 3)
    assert found("venus-release", [clip])["Diversity", "all"].value == pytest.approx(4)
    twice = [clip, Clip("d", (Motion(2 * rows, FPS, EMOCA56),), noise(0, 3))]
    assert found("plain", twice)["Diversity", "all"].value == pytest.approx(6)  # clip by clip
    assert found("plain", twice[::-1])["Diversity", "all"].value == pytest.approx(6)


# --- Dyadic Interaction Modeling ------------------------------------------------------------------------------------


def dim_release(clips, late):
    """The release's evaluation of its own model: pose first, the best of the samples, all clips pooled or by clip."""
    cluster = pytest.importorskip("sklearn.cluster")
    gt, pred, x = [], [], []
    for clip in clips:
        order = HEAD + JAW + EXPRESSION
        true = clip.true.values[late:, order].astype(float)
        samples = [m.values[late:, order].astype(float) for m in clip.predicted]
        speaker = clip.partner.values[: len(clip.true) - late, order].astype(float)
        best, kept = math.inf, None
        for sample in samples:
            if (distance := frechet(sample, true)) < best:
                best, kept = distance, sample
        gt.append(true)
        pred.append(kept)
        x.append(speaker)
    out = {}
    for part, where, k in (("pose", slice(0, 6), 20), ("expression", slice(6, 56), 40)):
        g, p, s = ([rows[:, where] for rows in heap] for heap in (gt, pred, x))
        out["FD", part] = np.mean([frechet(a, b) for a, b in zip(p, g, strict=True)])
        pairs = [(np.hstack([c, a]), np.hstack([c, b])) for a, b, c in zip(p, g, s, strict=True)]
        out["P-FD", part] = np.mean([frechet(*pair) for pair in pairs])
        out["MSE", part] = np.mean([((a - b) ** 2).mean() for a, b in zip(p, g, strict=True)])
        flat = [np.concatenate(heap).reshape(-1) for heap in (g, p, s)]
        out["Var", part] = np.var(flat[1])
        out["rPCC", part] = abs(np.corrcoef(flat[0], flat[2])[0, 1] - np.corrcoef(flat[1], flat[2])[0, 1])
        fitted = cluster.KMeans(n_clusters=k, random_state=0, n_init="auto").fit(np.concatenate(g))
        counted = Counter(fitted.predict(np.concatenate(p)).tolist())
        share = [counted[i] / len(flat[1]) * (where.stop - where.start) for i in range(k)]
        out["SID", part] = -sum(h * math.log2(h + 1e-6) for h in share)
    return out


@pytest.mark.parametrize(("profile", "late"), [("dim-release", 0), ("dim-release-shifted", 1)])
def test_dim_release(profile, late):
    clips = talks(150, 90, 120, samples=3)
    ours = found(profile, clips)
    for key, expected in dim_release(clips, late).items():
        # k-means on doubles and on single precision may part ways where two clusters are equally near.
        assert ours[key].value == pytest.approx(expected, rel=0.02 if key[0] == "SID" else 3e-3), key
    assert ours["FD", "pose"].info.selection.startswith("oracle")


def test_dim_shifted_finds_who_answers_a_frame_later():
    """A listener who repeats the speaker one frame later: the shifted pairs are equal, the others are not."""
    partner = noise(0, 200)
    later = np.concatenate([noise(1, 1).values, partner.values[:-1]])
    other = noise(2, 200)
    clip = Clip("c", (other,), Motion(later, FPS, EMOCA56), partner)
    # The truth's own correlation is 1 in shifted pairs and 0 in others; the prediction's is 0 in both.
    assert found("dim-release-shifted", [clip])["rPCC", "expression"].value == pytest.approx(1, abs=0.05)
    assert found("dim-release", [clip])["rPCC", "expression"].value == pytest.approx(0, abs=0.05)
    with pytest.raises(InputError, match="3 are needed"):
        found("dim-release-shifted", [Clip("two", (noise(0, 2),), noise(1, 2), noise(2, 2))])


# --- DualTalk -------------------------------------------------------------------------------------------------------


def test_dualtalk():
    cluster = pytest.importorskip("sklearn.cluster")
    clips = talks(150, 110)
    ours = found("dualtalk", clips)
    for part, where, k in (("expression", EXPRESSION, 40), ("jaw", JAW, 10), ("head", HEAD, 10)):
        rows = {"FD": [], "P-FD": [], "MSE": [], "SID": [], "Var": [], "rPCC": []}
        for clip in clips:
            p, t, s = (m.values[:, where].astype(float) for m in (clip.predicted[0], clip.true, clip.partner))
            rows["FD"].append(frechet(p, t))
            rows["P-FD"].append(frechet(np.hstack([s, p]), np.hstack([s, t])))
            rows["MSE"].append(np.mean((p - t) ** 2))
            rows["Var"].append(np.mean(np.var(p, axis=0)))
            fitted = cluster.KMeans(n_clusters=k, random_state=0, n_init="auto").fit(p.astype(np.float32))
            counted = Counter(fitted.predict(t.astype(np.float32)).tolist())  # arguments exchanged, as in the release
            rows["SID"].append(-sum(n / len(t) * math.log2(n / len(t) + 1e-6) for n in counted.values()))
            flat = [x.reshape(-1) for x in (t, p, s)]
            rows["rPCC"].append(abs(np.corrcoef(flat[0], flat[2])[0, 1] - np.corrcoef(flat[1], flat[2])[0, 1]))
        for name, values in rows.items():
            assert ours[name, part].value == pytest.approx(np.mean(values), rel=0.01 if name == "SID" else 3e-3), name


@pytest.mark.parametrize("profile", ["lm-listener", "dim-release", "dim-release-shifted", "dualtalk"])
def test_releases_set_samples_beside_the_true_partner(profile):
    """A partner that was generated along with the person changes nothing."""
    clip = talks(120)[0]
    both = Clip("c", clip.predicted, clip.true, clip.partner, (noise(77, 120),))
    paired = [key for key in found(profile, [clip]) if key[0] in ("P-FD", "rPCC")]
    assert paired
    for key in paired:
        assert found(profile, [both])[key].value == pytest.approx(found(profile, [clip])[key].value), key


# --- CodeTalker and ARTalk ------------------------------------------------------------------------------------------


def faces(unit, *lengths):
    """Clips of five vertices in metres or millimetres, and the surface they are on."""
    scale = {"m": 0.001, "mm": 1.0}[unit]
    space = MotionSpace("points", tuple(Column(c.name, unit, c.group) for c in POINTS.columns))
    clips = []
    for i, frames in enumerate(lengths):
        values = [np.random.default_rng(10 * i + j).normal(0, 2 + j, (frames, 15)) * scale for j in range(2)]
        clips.append(Clip(f"c{i}", (Motion(values[0], FPS, space),), Motion(values[1], FPS, space)))
    return clips, vertex_surface(space, np.array(LIPS), np.array(UPPER), unit)


def test_codetalker():
    clips, surface = faces("mm", 40, 25, 60)
    ours = found("codetalker", clips, surface=surface)
    greatest, differences = [], []
    for clip in clips:
        p, t = (m.values.reshape(-1, 5, 3) for m in (clip.predicted[0], clip.true))
        for f in range(len(p)):
            greatest.append(max(sum((p[f, v, a] - t[f, v, a]) ** 2 for a in range(3)) for v in LIPS))
        stds = []
        for motion in (t, p):
            squared = np.array([[np.sum(motion[f, v] ** 2) for f in range(len(motion))] for v in UPPER])
            stds.append(np.mean(squared.std(axis=1)))
        differences.append(stds[0] - stds[1])
    assert ours["LVE", "lip"].value == pytest.approx(np.mean(greatest), rel=1e-4)
    assert ours["FDD", "upper_face"].value == pytest.approx(abs(sum(differences) / len(differences)), rel=1e-4)


@pytest.mark.parametrize("unit", ["m", "mm"])
def test_artalk(unit):
    """The release takes metres, turns them into millimetres, and uses PyTorch's standard deviation."""
    torch = pytest.importorskip("torch")
    clips, surface = faces(unit, 40, 25, 60)
    ours = found("artalk", clips, surface=surface)
    lve, fdd = [], []
    for clip in clips:
        metres = {"m": 1.0, "mm": 0.001}[unit]
        pred, true = (
            torch.from_numpy(m.values.astype(np.float64)).reshape(1, -1, 5, 3) * metres
            for m in (clip.predicted[0], clip.true)
        )
        apart = ((pred[:, :, LIPS] * 1000 - true[:, :, LIPS] * 1000) ** 2).sum(-1)
        lve.append(float(apart.max(dim=-1)[0].mean().sqrt()))
        summed = [(x[:, :, UPPER] * 1000).sum(dim=-1).std(dim=1) for x in (pred, true)]
        fdd.append(float((summed[0] - summed[1]).abs().mean() * 100))
    assert ours["LVE", "lip"].value == pytest.approx(np.mean(lve), rel=1e-4)
    assert ours["LVE", "lip"].info.units == "mm"
    assert ours["FDD", "upper_face"].value == pytest.approx(np.mean(fdd), rel=1e-4)
    assert ours["FDD", "upper_face"].info.units == "0.01 mm"


def test_artalk_by_hand():
    """One brow vertex moves between 0 and 1 mm in x, frame by frame; the true one rests.

    Its x + y + z has the standard deviation sqrt(4 * 0.25 / 3) mm over four frames, the two others' is 0.
    """
    moved = np.zeros((4, 5, 3))
    moved[:, 2, 0] = [0.0, 0.001, 0.0, 0.001]
    surface = vertex_surface(POINTS, np.array(LIPS), np.array(UPPER), "m")
    clip = Clip("c", (Motion(moved.reshape(4, 15), FPS, POINTS),), Motion.zeros(4, FPS, POINTS))
    assert found("artalk", [clip], surface=surface)["FDD", "upper_face"].value == pytest.approx(
        100 * math.sqrt(1 / 3) / 3, rel=1e-5
    )


def test_artalk_on_the_built_in_head_is_in_hundredths_of_millimetres():
    """Raised brows that swing by a centimetre or so: an FDD of hundreds, as the release's tables have it."""
    from visavis.bodies import AnnyBody

    surface = body_surface(AnnyBody())
    swing = Motion.zeros(60, FPS, ARKIT)
    for column in ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"):
        swing = swing.with_columns(column, 0.5 + 0.5 * np.sin(np.arange(60)))
    clip = Clip("c", (swing,), Motion.zeros(60, FPS, ARKIT))
    points = [surface.of(m, "upper_face", clip).astype(float) for m in (swing, clip.true)]  # millimetres
    stds = [np.array([np.std(p[:, v].sum(-1), ddof=1) for v in range(p.shape[1])]) for p in points]
    value = found("artalk", [clip], surface=surface)["FDD", "upper_face"].value
    assert value == pytest.approx(100 * np.abs(stds[0] - stds[1]).mean(), rel=1e-4)
    assert 10 < value < 1000


# --- VENUS ----------------------------------------------------------------------------------------------------------


def test_venus_release():
    torch = pytest.importorskip("torch")
    clips, surface = faces("mm", 40, 25, 60)
    ours = found("venus-release", clips, surface=surface)
    pred, true = (
        torch.cat([torch.from_numpy(m.values.astype(np.float64)) for m in motions])
        for motions in ([c.predicted[0] for c in clips], [c.true for c in clips])
    )
    metres = [x.reshape(-1, 5, 3) / 1000 for x in (pred, true)]
    assert ours["VMSE", "face"].value == pytest.approx(float(torch.norm(metres[0] - metres[1], dim=1).mean()), rel=1e-4)
    assert ours["LVD", "face"].value == pytest.approx(float((metres[0] - metres[1]).abs().mean()), rel=1e-4)
    windows = [x.mean(dim=1).unfold(dimension=0, size=25, step=25).mean(dim=1) for x in metres]
    assert ours["w-VL2", "face"].value == pytest.approx(float(((windows[1] - windows[0]) ** 2).mean()), rel=1e-4)
    assert ours["FD", "all"].value == pytest.approx(frechet(pred, true), rel=1e-3)
    assert ours["Variation", "all"].value == pytest.approx(float(pred.var(dim=0, unbiased=False).mean()), rel=1e-4)
    drawn = drawn_diversity(pred.numpy(), 1, np.random.default_rng(0), replace=True)
    assert ours["Diversity", "all"].value == pytest.approx(drawn, rel=0.02)


def test_venus_by_hand():
    """Two vertices off by 3 and 4 mm in x alone: a norm of 5 mm in x, none in y and z."""
    space = MotionSpace("two", tuple(Column(f"v{i}.{a}", "mm", "expression") for i in range(2) for a in "xyz"))
    surface = vertex_surface(space, np.array([0]), np.array([1]), "mm")
    values = np.zeros((50, 2, 3))
    values[:, 0, 0], values[:, 1, 0] = 3.0, 4.0
    clip = Clip("c", (Motion(values.reshape(50, 6), FPS, space),), Motion.zeros(50, FPS, space))
    ours = found("venus-release", [clip], surface=surface)
    assert ours["VMSE", "face"].value == pytest.approx(0.005 / 3)
    assert ours["LVD", "face"].value == pytest.approx(0.007 / 6)
    assert ours["w-VL2", "face"].value == pytest.approx((0.007 / 2 / 3) ** 2)


def test_venus_batches_are_averaged_and_not_pooled():
    class Pairs(BatchDiversity):
        batch = 2

    metric = Pairs()
    clips, _ = faces("mm", 30, 20, 10)
    for clip in clips:
        metric.add(clip)
    values = [c.predicted[0].values.astype(float) for c in clips]

    def all_pairs(rows):
        return np.mean([math.dist(rows[i], rows[j]) for i in range(len(rows)) for j in range(i)])

    expected = (all_pairs(np.concatenate(values[:2])) + all_pairs(values[2])) / 2
    assert metric.compute().value == pytest.approx(expected, rel=1e-5)


# --- REACT ----------------------------------------------------------------------------------------------------------


def slow_ccc(a, b):
    """REACT's concordance, column by column."""
    found = []
    for x, y in zip(a.astype(float).T, b.astype(float).T, strict=True):
        correlation = np.corrcoef(x, y)[0, 1] if x.std() and y.std() else 0.0
        found.append(2 * correlation * x.std() * y.std() / (x.var() + y.var() + (x.mean() - y.mean()) ** 2 + 1e-8))
    return np.mean(found)


def slow_dtw(a, b):
    """Cell by cell, with a root at the end."""
    table = {(-1, -1): 0.0}
    for i in range(len(a)):
        for j in range(len(b)):
            before = min(table.get(at, math.inf) for at in ((i - 1, j), (i, j - 1), (i - 1, j - 1)))
            table[i, j] = before + sum((x - y) ** 2 for x, y in zip(a[i].tolist(), b[j].tolist(), strict=True))
    return math.sqrt(table[len(a) - 1, len(b) - 1])


def react_release(matrix, predictions, truths):
    """FRC and FRD: the matrix alone says whose reactions would do; samples are added up."""
    frc, frd = [], []
    for row, samples in zip(matrix, predictions, strict=True):
        best, least = 0.0, 0.0
        for sample in samples:
            would_do = [truths[j] for j in range(len(truths)) if row[j] == 1]
            best += max((slow_ccc(t, sample) for t in would_do if len(t) == len(sample)), default=math.nan)
            least += min(
                sum(w * slow_dtw(sample[:, s], t[:, s]) for s, w in zip(BLOCKS, WEIGHTS, strict=True)) for t in would_do
            )
        frc.append(best)
        frd.append(least)
    return np.nanmean(frc), np.mean(frd)


BLOCKS = (slice(0, 15), slice(15, 17), slice(17, 25))
WEIGHTS = (1 / 15, 1.0, 1 / 8)


def reactions(matrix, lengths=(20, 20, 20), samples=2):
    truths = [noise(50 + i, n, REACT25) for i, n in enumerate(lengths)]
    clips = []
    for i, n in enumerate(lengths):
        drawn = tuple(noise(60 + 10 * i + j, n, REACT25) for j in range(samples))
        neighbours = tuple(truths[j] for j in np.flatnonzero(matrix[i]))
        clips.append(Clip(f"c{i}", drawn, truths[i], appropriate=neighbours))
    return clips, [[m.values for m in c.predicted] for c in clips], [t.values for t in truths]


@pytest.mark.parametrize(
    ("matrix", "lengths"),
    [
        (np.eye(3), (20, 20, 20)),
        (np.ones((3, 3)), (20, 20, 20)),
        (1 - np.eye(3), (20, 20, 20)),  # nobody's own reaction counts
        (np.array([[0, 1, 0], [0, 1, 1], [1, 0, 1]]), (20, 20, 20)),
        (np.ones((3, 3)), (20, 14, 20)),  # a neighbour of another length is warped all the same
        (1 - np.eye(3), (20, 14, 20)),
    ],
)
def test_react(matrix, lengths):
    clips, predictions, truths = reactions(matrix, lengths)
    ours = found("react", clips, neighbours=True)
    frc, frd = react_release(matrix, predictions, truths)
    assert ours["FRC", "all"].value == pytest.approx(frc, rel=1e-5)
    assert ours["FRD", "all"].value == pytest.approx(frd, rel=1e-5)
    left_out = [note for note in ours["FRC", "all"].notes if "longer or shorter" in note]
    assert bool(left_out) == (len(set(lengths)) > 1)


def test_react_where_only_another_length_would_do():
    matrix = np.array([[0, 1], [1, 0]])
    clips, _, _ = reactions(matrix, (20, 14))
    ours = found("react", clips, neighbours=True)
    assert math.isnan(ours["FRC", "all"].value)
    assert any("undefined: no clip is as long" in note for note in ours["FRC", "all"].notes)
    assert ours["FRD", "all"].value > 0


def test_react_needs_its_space():
    with pytest.raises(InputError, match="react25"):
        found("react", talks(20))
