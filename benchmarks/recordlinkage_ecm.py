"""The peer: recordlinkage's unsupervised classifier (ECM), set up as its pages on deduplication and classifiers say.

    .venv-bench/bin/python benchmarks/recordlinkage_ecm.py RECORDS.parquet CHILDREN.parquet

Runs in an environment of its own (`requirements-bench.lock`), as recordlinkage 0.16 does not go with the pandas that
rollcall needs; so nothing of rollcall is imported here. Belongs here: that set-up, carried over to these columns.
Pairs are those that agree on one of `BLOCKS`; names are compared by Jaro-Winkler at 0.85, as the page has them, dates,
codes and numbers by equality; the classifier learns from the pairs themselves, and whatever it links is one child.
Writes (record_key, child) and prints seconds, processor seconds and peak memory of its own process as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

BLOCKS = (
    ("mother_name_std", "birth_date"),
    ("child_name_std", "birth_date"),
    ("mother_id_no",),
    ("child_id_no",),
    ("certificate_no",),
    ("phone",),
)
NAMES = ("child_name_std", "mother_name_std", "father_name_std")
EXACT = ("birth_date", "child_sex", "village_code", "mother_id_no", "child_id_no", "certificate_no", "phone")
NAME_THRESHOLD = 0.85
COLUMNS = (*NAMES, *EXACT)


def children(records: pd.DataFrame) -> np.ndarray:
    """By record, the number of its child.

    Args:
        records: `COLUMNS`, and an index from 0.
    """
    import recordlinkage
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    indexer = recordlinkage.Index()
    for block in BLOCKS:
        indexer.block(list(block))
    pairs = indexer.index(records)
    compare = recordlinkage.Compare()
    for name in NAMES:
        compare.string(name, name, method="jarowinkler", threshold=NAME_THRESHOLD, label=name)
    for column in EXACT:
        compare.exact(column, column, label=column)
    vectors = compare.compute(pairs, records)
    links = recordlinkage.ECMClassifier().fit_predict(vectors)
    left, right = (links.get_level_values(side).to_numpy() for side in (0, 1))
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(len(records), len(records)))
    return connected_components(graph, directed=False)[1]


def peak_mb() -> int:
    """The most memory that this program held; what the process was before it started this program is left out."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(source: str, target: str) -> None:
    """Link the records of a file."""
    import recordlinkage  # noqa: F401 loaded before the clock starts, as with every method

    warnings.simplefilter("ignore")
    began, spent = time.perf_counter(), time.process_time()
    records = pd.read_parquet(source, columns=["record_key", *COLUMNS])
    keys = records.pop("record_key")
    found = pd.DataFrame({"record_key": keys, "child": children(records)})
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - spent
    found.to_parquet(target)
    print(json.dumps({"seconds": round(seconds, 2), "cpu_seconds": round(cpu_seconds, 2), "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
