"""DIM: Dyadic Interaction Modeling, masked and contrastive, for listeners and speakers."""

from visavis.models.registry import Entry

ENTRY = Entry(
    name="dim",
    summary="listeners from a speaker's behaviour, and speakers from speech (Dyadic Interaction Modeling)",
    config="visavis.models.dim.config:DimConfig",
    model="visavis.models.dim.model:Dim",
    learner="visavis.training.recipes.dim:DimLearner",
    stages=("tokenizers", "pretrain", "listener", "speaker"),
    presets=("debug", "small", "paper"),
    weights="dim",
)
