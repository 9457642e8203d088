"""The page that explains a link.

Not here: finding the reasons (`pipeline.linkage.explanations`).
"""
