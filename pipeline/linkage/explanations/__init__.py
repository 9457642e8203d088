"""Why records are, or are not, of one child: the evidence, the waterfall of match weights, the history.

Not here: how the page looks (`pipeline.casework.explanations`).
"""
