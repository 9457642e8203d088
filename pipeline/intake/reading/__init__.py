"""Reading a file: CSV and XLSX to a grid, its header to contracted columns, refused words blanked.

Not here: keeping what was read (`archive`).
"""
