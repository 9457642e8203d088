"""What surrounds a night: the gate before it, the lock, progress, failures told, a cut-off one undone.

Not here: what the stages do (`assets`), or starting one (`runs`).
"""
