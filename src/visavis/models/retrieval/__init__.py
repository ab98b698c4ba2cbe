"""RealTalk: a listener's reaction in words, and the clips of listeners that show it."""

from visavis.models.registry import Entry

ENTRIES = (
    Entry(
        name="retrieval",
        summary="a listener of retrieved clips that fit what is said (RealTalk)",
        config="visavis.models.retrieval.listener.config:RetrievalConfig",
        model="visavis.models.retrieval.listener.model:RetrievalListener",
        learner="visavis.training.recipes.retrieval:RetrievalLearner",
        presets=("debug", "small"),
    ),
    Entry(
        name="motion-text",
        summary="text and motion of listeners in one embedding space, trained on simulated listeners",
        config="visavis.models.retrieval.config:MotionTextConfig",
        model="visavis.models.retrieval.motion_text:MotionText",
        learner="visavis.training.recipes.motion_text:MotionTextLearner",
        presets=("debug", "small"),
        kind="encoder",
        weights="retrieval",
    ),
    Entry(
        name="visual-prompt",
        summary="CLIP with a visual prompt for listeners' faces (RealTalk)",
        config="visavis.models.retrieval.visual_prompt:PromptConfig",
        model="visavis.models.retrieval.visual_prompt:VisualPrompt",
        learner="visavis.training.recipes.visual_prompt:VisualPromptLearner",
        presets=("paper",),
        kind="encoder",
    ),
)
