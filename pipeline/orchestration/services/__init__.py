"""What the machine of a county runs and lets in: services of systemd, and the units' accounts for uploads.

Belongs here: writing these files for a person to look at and install. Does not: installing anything, or what the
services do.
"""
