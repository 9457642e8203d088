"""Linkage: one record per child out of many registers.

Records are found (`blocking`), compared (`comparisons`), weighed with a frozen model (`model`, `score`), put
together under hard conflicts (`conflicts`, `resolve`, `partition`) and given identities that last (`identities`).
A night never trains: `county_model` does, and `default_model`. Splink is imported inside functions: most commands
never need it.
"""

from pipeline.linkage.county_model import ModelCard, train
from pipeline.linkage.link import LinkSummary, link
from pipeline.linkage.links import export_links
from pipeline.linkage.model import Model, model_in_use, model_version

__all__ = ["LinkSummary", "Model", "ModelCard", "export_links", "link", "model_in_use", "model_version", "train"]
