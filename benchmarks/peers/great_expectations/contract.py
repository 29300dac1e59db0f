"""The contract as a GX Core validation definition over an in-memory pandas frame: ``… contract FILE``.

GX compares columns with columns and with constants only, so what a timestamp should be is put beside it as a column.
``BOOLEAN_ONLY`` is its fastest result format.
"""

from __future__ import annotations

import os
import sys

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

from benchmarks.peers.rules import COLUMNS, GRID_MINUTES, KEY, LABEL_MINUTES, LARGEST

TYPES = {"string": "str", "timestamp": "datetime64[us]", "int": "int32", "double": "float64"}
DERIVED = ("label_expected", "obs_ts_on_grid")


def suite() -> gx.ExpectationSuite:
    """Return the expectations."""
    expectations: list[gxe.Expectation] = [
        gxe.ExpectTableColumnsToMatchOrderedList(column_list=[*(c.name for c in COLUMNS), *DERIVED]),
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectCompoundColumnsToBeUnique(column_list=list(KEY)),
        gxe.ExpectColumnPairValuesToBeEqual(column_A="feature_cutoff_ts", column_B="obs_ts"),
        gxe.ExpectColumnPairValuesToBeEqual(column_A="label_window_end", column_B="label_expected"),
        gxe.ExpectColumnPairValuesToBeEqual(column_A="obs_ts", column_B="obs_ts_on_grid"),
        gxe.ExpectColumnValuesToMatchRegex(column="station_id", regex=r"\S"),
    ]
    for column in COLUMNS:
        name = column.name
        expectations.append(gxe.ExpectColumnValuesToBeOfType(column=name, type_=TYPES[column.kind]))
        if column.nullable:
            some = gxe.ExpectColumnProportionOfNonNullValuesToBeBetween(column=name, min_value=0, strict_min=True)
            expectations.append(some)
        else:
            expectations.append(gxe.ExpectColumnValuesToNotBeNull(column=name))
        if column.values is not None:
            expectations.append(gxe.ExpectColumnValuesToBeInSet(column=name, value_set=list(column.values)))
        elif column.kind in ("int", "double"):
            low = -LARGEST if column.low is None else column.low
            high = LARGEST if column.high is None else column.high
            expectations.append(gxe.ExpectColumnValuesToBeBetween(column=name, min_value=low, max_value=high))
    return gx.ExpectationSuite(name="training_dataset", expectations=expectations)


def holds(file: str) -> bool:
    """Return whether the dataset in ``file`` keeps the contract."""
    frame = pd.read_parquet(file)
    if {"obs_ts", "label_window_end"} <= set(frame.columns):
        frame["label_expected"] = frame["obs_ts"] + pd.Timedelta(minutes=LABEL_MINUTES)
        frame["obs_ts_on_grid"] = frame["obs_ts"].dt.floor(f"{GRID_MINUTES}min")
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    batch = context.data_sources.add_pandas("pandas").add_dataframe_asset("dataset")
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(
            name="training_dataset",
            data=batch.add_batch_definition_whole_dataframe("whole"),
            suite=context.suites.add(suite()),
        )
    )
    result = definition.run(batch_parameters={"dataframe": frame}, result_format="BOOLEAN_ONLY")
    for one in result.results:
        if not one.success:
            print(one.expectation_config.type, one.expectation_config.kwargs.get("column", ""), one.exception_info)
    return bool(result.success)


if __name__ == "__main__":
    sys.exit(not holds(sys.argv[1]))
