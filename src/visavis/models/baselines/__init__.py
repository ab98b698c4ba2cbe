"""Baselines for models of listeners and speakers: copying, retrieval and small trained networks."""

from visavis.models.registry import Entry

_HERE = "visavis.models.baselines"
_RECIPES = "visavis.training.recipes.baselines"


def _entry(name: str, where: str, config: str, summary: str, stages: tuple[str, ...] | None = None) -> Entry:
    """A baseline; `stages` are those of its training, None where nothing is trained by gradients."""
    return Entry(
        name=name,
        summary=f"baseline: {summary}",
        config=f"{_HERE}.config:{config}",
        model=f"{_HERE}.{where}",
        learner=f"{_RECIPES}:{'FittedLearner' if stages is None else 'TrainedLearner'}",
        stages=stages or (),
        presets=("debug", "small"),
    )


_CODED = ("codes", "network")

ENTRIES = (
    _entry("random", "random_motion:RandomMotion", "RandomConfig", "a random segment of motion from the corpus"),
    _entry("mirror", "mirror:Mirror", "MirrorConfig", "a listener that mirrors the partner"),
    _entry(
        "nearest-audio", "nearest:NearestAudio", "NearestAudioConfig", "a listener retrieved by the partner's voice"
    ),
    _entry(
        "nearest-motion", "nearest:NearestMotion", "NearestMotionConfig", "a listener retrieved by the partner's motion"
    ),
    _entry("rlhg", "rlhg:RLHG", "RLHGConfig", "a listener by regression (RLHG)", ()),
    _entry("l2l", "l2l:L2L", "L2LConfig", "a listener predicted code by code (Learning to Listen)", _CODED),
    _entry("elp", "elp:ELP", "ELPConfig", "a listener composed of sampled codewords (Emotional Listener Portrait)", ()),
    _entry("mean-pose", "mean_pose:MeanPose", "MeanPoseConfig", "everyone holds the mean pose"),
    _entry(
        "nearest-own-audio", "nearest:NearestOwnAudio", "NearestAudioConfig", "a speaker retrieved by the own voice"
    ),
    _entry("faceformer", "faceformer:FaceFormer", "FaceFormerConfig", "a speaker frame by frame (FaceFormer)", ()),
    _entry(
        "codetalker",
        "codetalker:CodeTalker",
        "CodeTalkerConfig",
        "a speaker from a motion codebook (CodeTalker)",
        _CODED,
    ),
    _entry("listen-r", "listen:ListenR", "ListenConfig", "both people, random segments (Talking Together)"),
    _entry("listen-a", "listen:ListenA", "ListenAudioConfig", "both people, retrieved by audio (Talking Together)"),
    _entry("listen-m", "listen:ListenM", "ListenConfig", "both people, retrieved by motion (Talking Together)"),
)
