"""What people are asked about links (the queue, the random sample), and how good links are, expected and measured.

Not here: workbooks and answers (`pipeline.casework.review`).
"""
