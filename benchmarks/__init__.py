"""Measurements: linkage against its peers. `python -m benchmarks` runs them; nothing of the pipeline needs them."""
