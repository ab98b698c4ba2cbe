"""Duet: the dual-stream diffusion model of Talking Together."""

from visavis.models.registry import Entry

ENTRY = Entry(
    name="duet",
    summary="both people from the audio of their conversation (Talking Together)",
    config="visavis.models.duet.config:DuetConfig",
    model="visavis.models.duet.model:Duet",
    learner="visavis.training.recipes.duet:DuetLearner",
    stages=("conversations", "lips"),
    presets=("debug", "small", "paper"),
    weights="duet",
)
