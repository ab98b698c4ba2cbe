"""RealTalk: a listener's reaction in words, and the clips of listeners that show it."""

from visavis.models.registry import Entry

ENTRIES = (
    Entry(
        name="retrieval",
        summary="a listener of retrieved clips that react to what is said (RealTalk)",
        config="visavis.models.retrieval.listener.config:RetrievalConfig",
        model="visavis.models.retrieval.listener.model:RetrievalListener",
        learner="visavis.training.recipes.retrieval:RetrievalLearner",
        presets=("debug", "small"),
    ),
    Entry(
        name="motion-text",
        summary="descriptions and clips of listeners in one space, learnt on simulated listeners",
        config="visavis.models.retrieval.config:MotionTextConfig",
        model="visavis.models.retrieval.motion_text:MotionText",
        learner="visavis.training.recipes.motion_text:MotionTextLearner",
        presets=("debug", "small"),
        kind="encoder",
        weights="retrieval",
    ),
    Entry(
        name="visual-prompt",
        summary="a CLIP adapted to pictures of listeners (RealTalk)",
        config="visavis.models.retrieval.visual_prompt:PromptConfig",
        model="visavis.models.retrieval.visual_prompt:VisualPrompt",
        learner="visavis.training.recipes.visual_prompt:VisualPromptLearner",
        presets=("paper",),
        kind="encoder",
    ),
)
