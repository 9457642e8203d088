"""Linkage: one record per child out of many registers.

Records are found (`blocking`), compared (`comparisons`), weighed with a frozen model (`model`, `score`), put
together under hard conflicts (`conflicts`, `resolve`, `partition`) and given identities that last (`identities`).
A night never trains: `county_model` does, and `default_model`. Splink is imported inside functions: most commands
never need it.
"""

from pipeline.linkage.explanations.evidence import Pair, Record
from pipeline.linkage.explanations.explanation import Explanation, explain
from pipeline.linkage.labels import Words, columns_of, level_words, words
from pipeline.linkage.link import LinkSummary, link
from pipeline.linkage.links_file import export_links
from pipeline.linkage.model.frozen_model import Model, model_in_use, model_version, promote_model
from pipeline.linkage.training.county_model import ModelCard, train
from pipeline.linkage.training.drift import Drift
from pipeline.linkage.training.drift import measure as measure_drift
from pipeline.linkage.training.shadow_run import Trial, try_model

__all__ = [
    "Drift",
    "Explanation",
    "LinkSummary",
    "Model",
    "ModelCard",
    "Pair",
    "Record",
    "Trial",
    "Words",
    "columns_of",
    "explain",
    "export_links",
    "level_words",
    "link",
    "measure_drift",
    "model_in_use",
    "model_version",
    "promote_model",
    "train",
    "try_model",
    "words",
]
