"""The bundle: everything that a machine without a network needs to install rollcall, in one archive.

Belongs here: making it (`make_bundle.py`, on a machine with a network) and the installer in it (`install.py`). Does
not: anything that the program needs once it is installed.
"""
