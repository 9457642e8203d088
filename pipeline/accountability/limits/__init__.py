"""Control limits: targets, over-dispersion, tail probabilities, verdicts and flags.

Not here: what follows from a flag (`grades`, `rectification`).
"""
