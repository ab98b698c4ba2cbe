"""MARS: a language model that speaks text, face and body (Speaking Beyond Language, section 3.3)."""

from visavis.models.registry import Entry

ENTRY = Entry(
    name="mars",
    summary="a language model that speaks words, face and body (Speaking Beyond Language)",
    config="visavis.models.mars.config:MarsConfig",
    model="visavis.models.mars.model:Mars",
    learner="visavis.training.recipes.mars:MarsLearner",
    weights="mars",
    stages=("face", "body", "words", "language"),
    presets=("debug", "small", "paper-llama-1b", "paper-llama-3b", "paper-qwen-1.5b", "paper-qwen-3b"),
)
