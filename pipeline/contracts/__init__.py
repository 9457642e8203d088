"""What units hand in: one YAML file a feed, the model that reads it, and how one cell of each type is read."""

from pipeline.contracts.model import Column, Due, Feed, load_feeds

__all__ = ["Column", "Due", "Feed", "load_feeds"]
