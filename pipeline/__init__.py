"""rollcall: calls the roll of a county's birth registers. The folders' order is the data's order."""

__version__ = "0.1.0"
