"""One run of Great Expectations over a frame: for every check, which rows fail.

Belongs here: everything that knows Great Expectations. Its import costs seconds, so it is imported in the call.
Values are kept out of its results, nothing is written and nothing printed.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.checks.expectations import Check
from pipeline.errors import RollcallError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from great_expectations.data_context import EphemeralDataContext


def open_context() -> EphemeralDataContext:
    """A context in memory: no telemetry, no progress bars, no folder for pages."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
        from great_expectations.data_context.types import base

    config = base.DataContextConfig(
        store_backend_defaults=base.InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=base.ProgressBarsConfig(globally=False),
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def failing_rows(
    context: EphemeralDataContext, frame: pd.DataFrame, checks: Sequence[Check], name: str
) -> list[np.ndarray]:
    """Positions of the rows that fail, by check.

    Args:
        frame: as `frame.build_frame` makes it; its index is the row's position.
        name: what the frame is of; unique within the context.

    Raises:
        RollcallError: an expectation could not be evaluated; names its code and column, no value.
    """
    import numpy as np

    found: list[np.ndarray] = [np.empty(0, dtype="int64")] * len(checks)
    if frame.empty:
        return found
    from great_expectations import ExpectationSuite
    from great_expectations import expectations as library

    suite = ExpectationSuite(
        name=name,
        expectations=[
            getattr(library, check.type_name)(**check.kwargs, meta={"position": position})
            for position, check in enumerate(checks)
        ],
    )
    source = context.data_sources.add_pandas(name)
    batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = batch.get_batch({"dataframe": frame}).validate(
            suite,
            result_format={
                "result_format": "COMPLETE",
                "return_unexpected_index_query": False,
                "exclude_unexpected_values": True,
            },
        )
    context.data_sources.delete(name)
    for result in outcome.results:
        position = result.expectation_config.meta["position"]  # type: ignore[union-attr]
        # not raised from the library's exception: its text may quote a cell
        if _raised(result.exception_info):
            check = checks[position]
            raise RollcallError(
                f"The expectation {check.code} on {name}.{check.column} could not be evaluated.",
                "Check its kwargs in expectations/.",
            )
        found[position] = np.array(result.result.get("unexpected_index_list") or [], dtype="int64")
    return found


def _raised(info: dict | None) -> bool:
    """Whether an exception is told of; the library keys it by metric where several were computed."""
    parts = [info or {}, *(part for part in (info or {}).values() if isinstance(part, dict))]
    return any(part.get("raised_exception") for part in parts)
