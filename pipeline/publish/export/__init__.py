"""What other programs read: a release or the approved public tables as files, with a description of every column.

Belongs here: writing tables as Parquet, CSV and workbooks, and monthly values for DHIS2. Does not: what a table holds
(`release`), or what may leave the office (`approval`).
"""
