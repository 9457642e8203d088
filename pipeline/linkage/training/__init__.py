"""Training: learning a model, its card, trying one beside the model in use, and drift against what it was learned on.

Not here: the model itself (`model`).
"""
