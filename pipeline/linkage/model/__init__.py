"""The linkage model: how two records are compared, level by level, and what each level is worth.

Not here: which pairs are compared (`pairs`), or how the weights are learned (`training`).
"""
