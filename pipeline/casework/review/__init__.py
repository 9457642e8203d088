"""Clerical review: batches out to reviewers as workbooks, answers back in, and what stands of them.

Not here: which pairs are worth asking about (`pipeline.linkage.review`).
"""
