"""What lies in the landing folder: which files are there, settled, named for which feed and period, and admitted.

Not here: opening them (`reading`).
"""
