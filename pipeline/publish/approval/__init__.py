"""What leaves the office: prepared, looked at, approved by a person, after every critical unit could reply.

Not here: which numbers are suppressed (`disclosure`), or what a bulletin says (`bulletin`).
"""
