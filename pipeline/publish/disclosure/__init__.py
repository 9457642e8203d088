"""Disclosure control: what leaves the office lets nobody work out a small count, nor by how few one has changed."""

from pipeline.publish.disclosure.cells import Cells, Controlled, Equation, Key, Rule
from pipeline.publish.disclosure.suppress import control, unprotected

__all__ = ["Cells", "Controlled", "Equation", "Key", "Rule", "control", "unprotected"]
