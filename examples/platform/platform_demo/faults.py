"""What can go wrong, by name: seven ways in which data drift, and three in which a platform fails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from platform_demo.features import TARGET, Fault

_SEED = 99


def covariate(table: pa.Table) -> pa.Table:
    """A thermometer of another make reads 6 °C too much."""
    return _with(table, "temp_c", pc.round(pc.add(table["temp_c"], 6.0), 1))


def label(table: pa.Table) -> pa.Table:
    """The labelling job calls some stations empty that are not."""
    truth = table[TARGET].to_numpy()
    wrong = np.random.default_rng(_SEED).random(len(truth)) < 0.3
    return _with(table, TARGET, pa.array(np.where(wrong, 1, truth).astype(np.int32)))


def concept(table: pa.Table) -> pa.Table:
    """Labels are joined to the wrong stations: every column keeps its values, and says nothing of the label any more."""
    truth = table[TARGET].to_numpy()
    return _with(table, TARGET, pa.array(np.random.default_rng(_SEED).permutation(truth)))


def missing_values(table: pa.Table) -> pa.Table:
    """A third of the wind sensors are off."""
    gone = pa.array(np.random.default_rng(_SEED).random(table.num_rows) < 0.33)
    return _with(table, "wind_kmh", pc.if_else(gone, pa.scalar(None, pa.float64()), table["wind_kmh"]))


def schema(table: pa.Table) -> pa.Table:
    """Somebody renamed a column, and writes another one as text."""
    table = _with(table, "wind_kmh", pc.cast(table["wind_kmh"], pa.string()))
    return table.rename_columns({"temp_c": "temperature"})


def categorical(table: pa.Table) -> pa.Table:
    """The weather comes from another provider, who has words of his own."""
    theirs = pc.binary_join_element_wise(pa.scalar("wx"), pc.utf8_upper(table["weather"]), ":")
    return _with(table, "weather", theirs)


def temporal(table: pa.Table) -> pa.Table:
    """A cutoff is computed in local time: features know three hours that were still to come."""
    late = pc.add(table["feature_cutoff_ts"], pa.scalar(timedelta(hours=3), pa.duration("us")))
    return _with(table, "feature_cutoff_ts", late)


def _with(table: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


DATA: Mapping[str, Fault] = MappingProxyType(
    {
        "covariate": covariate,
        "label": label,
        "concept": concept,
        "missing_values": missing_values,
        "schema": schema,
        "categorical": categorical,
        "temporal": temporal,
    }
)
"""Faults of the feature pipeline."""

OUTAGE = "outage"
STALE_BUILD = "stale_build"
BAD_PROMOTION = "bad_promotion"

WHAT: Mapping[str, str] = MappingProxyType(
    {
        **{name: (fault.__doc__ or "").strip() for name, fault in DATA.items()},
        OUTAGE: "The service dies, and nobody is there to answer for forty minutes.",
        BAD_PROMOTION: "A model with shuffled labels is put into production by hand, past the gate.",
        STALE_BUILD: "The feature pipeline hangs: no build for two hours.",
    }
)
"""Every fault by its name, in a sentence."""
