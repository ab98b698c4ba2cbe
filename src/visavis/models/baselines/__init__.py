"""What models of listeners and speakers are compared with: copying, retrieval and small trained networks."""

from visavis.models.registry import Entry

_HERE = "visavis.models.baselines"
_PRESETS = ("debug", "small")


def _entry(name: str, module: str, kind: str, config: str, summary: str) -> Entry:
    trained = module in ("rlhg", "l2l", "elp", "faceformer", "codetalker")
    learner = "TrainedLearner" if trained else "FittedLearner"
    return Entry(
        name=name,
        summary=f"baseline: {summary}",
        config=f"{_HERE}.config:{config}",
        model=f"{_HERE}.{module}:{kind}",
        learner=f"visavis.training.recipes.baselines:{learner}",
        presets=_PRESETS,
    )


ENTRIES = (
    _entry("random", "random_motion", "RandomMotion", "RandomConfig", "a stretch of somebody's motion"),
    _entry("mirror", "mirror", "Mirror", "MirrorConfig", "a listener who copies the partner"),
    _entry("nearest-audio", "nearest", "NearestAudio", "NearestAudioConfig", "a listener looked up by the partner's voice"),
    _entry("nearest-motion", "nearest", "NearestMotion", "NearestMotionConfig", "a listener looked up by the partner's motion"),
    _entry("rlhg", "rlhg", "RLHG", "RLHGConfig", "a listener by regression (RLHG)"),
    _entry("l2l", "l2l", "L2L", "L2LConfig", "a listener drawn code by code (Learning to Listen)"),
    _entry("elp", "elp", "ELP", "ELPConfig", "a listener of drawn codewords (Emotional Listener Portrait)"),
    _entry("mean-pose", "mean_pose", "MeanPose", "MeanPoseConfig", "nobody moves"),
    _entry("nearest-own-audio", "nearest", "NearestOwnAudio", "NearestAudioConfig", "a speaker looked up by the own voice"),
    _entry("faceformer", "faceformer", "FaceFormer", "FaceFormerConfig", "a speaker frame by frame (FaceFormer)"),
    _entry("codetalker", "codetalker", "CodeTalker", "CodeTalkerConfig", "a speaker by a codebook (CodeTalker)"),
    _entry("listen-r", "listen", "ListenR", "ListenConfig", "both people, segments of anybody (Talking Together)"),
    _entry("listen-a", "listen", "ListenA", "ListenAudioConfig", "both people, looked up by sound (Talking Together)"),
    _entry("listen-m", "listen", "ListenM", "ListenConfig", "both people, looked up by motion (Talking Together)"),
)
