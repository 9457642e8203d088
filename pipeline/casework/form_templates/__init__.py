"""Empty workbooks for units to fill in, one a feed, made from its contract.

Belongs here: the form and the words that explain it. Does not: reading a form that was filled in (`intake`).
"""
