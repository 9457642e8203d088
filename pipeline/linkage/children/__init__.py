"""Children: from weighed pairs to one group of records per child, under hard conflicts.

Not here: what a pair weighs (`pairs`), or the ids that children keep from night to night (`identities`).
"""
