"""The commands behind `rollcall`: one module a subject, each a thin door to the same work that Dagster runs.

Belongs here: arguments, progress, tables and sentences on a terminal. Does not: any work. Everything heavy is
imported inside the command that needs it, so that `rollcall --help` is quick.
"""
