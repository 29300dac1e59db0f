"""What a person writes beside the automatic checks: their own contract of their own datasets.

The fixture ``dataset`` runs each test once for every dataset below the artifact roots.
"""

from __future__ import annotations

import pandera.pandas as pa
import pytest

from pytest_mlmonitor import Dataset, row_count, rows, schema, to_pandas

# A contract of one's own is a plain pandera schema. This one adds what the built-in contract cannot know: how this
# city's stations behave.
CITY = pa.DataFrameSchema(
    {
        "station_id": pa.Column(str, pa.Check.str_matches(r"^\d{4}$")),
        "ft_capacity": pa.Column(float, pa.Check.le(100)),
        "ft_bikes_available": pa.Column(float, pa.Check.ge(0)),
    },
    checks=pa.Check(
        lambda frame: frame["ft_bikes_available"] <= frame["ft_capacity"] + 2,
        error="more bikes than docks (two may be in transit)",
    ),
)


def test_every_dataset_keeps_the_contract_of_its_family(dataset: Dataset) -> None:
    """The built-in checks can be called: a broken one fails with its finding in the first line."""
    schema(dataset)
    rows(dataset)
    row_count(dataset)


@pytest.mark.artifact("training_dataset_*")
def test_stations_are_those_of_our_city(dataset: Dataset) -> None:
    """Rows are judged by a pandera schema of one's own; failure cases name the rows."""
    CITY.validate(to_pandas(dataset, columns=list(CITY.columns)), lazy=True)


def test_there_is_enough_to_train_on(dataset: Dataset) -> None:
    """A plain assertion is a contract too."""
    rows_said = dataset.row_count or 0
    assert rows_said >= 1000, f"{dataset.ref.name}: row_count {dataset.row_count}, the trainer needs 1,000"
