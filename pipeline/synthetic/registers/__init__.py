"""What registers hold of the people, and the field's errors in one text.

Not here: whole records as written (`cells`), or files (`submissions`).
"""
