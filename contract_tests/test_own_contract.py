"""A contract of one's own as a pandera model, judged by the plugin's own scan.

``check_contract`` decides in one pass what it can (types, ranges, patterns, nulls) and leaves to pandera what only Python
can say. It takes any size of dataset; ``Model.validate(to_pandas(dataset))`` has to hold it all in memory.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pandera.pandas as pa
import pytest

from pytest_mlmonitor import CheckResult, ContractViolation, Dataset

CheckContract = Callable[[Dataset, object], list[CheckResult]]


class Stations(pa.DataFrameModel):
    """What this city's stations promise; columns that are not named here are free."""

    station_id: str = pa.Field(str_matches=r"^\d{4}$")
    obs_ts: pd.Timestamp
    ft_capacity: float = pa.Field(ge=0, le=100)
    ft_bikes_available: float = pa.Field(ge=0)
    ft_availability_ratio: float = pa.Field(ge=0, le=1, nullable=True)
    target_empty_next_hour: pa.Int32 = pa.Field(isin=[0, 1])

    @pa.dataframe_check
    @classmethod
    def bikes_fit_the_docks(cls, frame: pd.DataFrame) -> pd.Series:
        """Two bikes may be in transit."""
        return frame["ft_bikes_available"] <= frame["ft_capacity"] + 2


class Village(Stations):
    """The same for a place where every station is small: a promise that this city breaks."""

    ft_capacity: float = pa.Field(ge=0, le=10)


def test_stations_keep_their_contract(dataset: Dataset, check_contract: CheckContract) -> None:
    """A broken contract fails with its rows in the first lines."""
    check_contract(dataset, Stations)


def test_a_contract_that_is_broken_stops_the_test(dataset: Dataset, check_contract: CheckContract) -> None:
    """Watch your contract fail once: one that cannot fail proves nothing."""
    with pytest.raises(ContractViolation, match="ft_capacity"):
        check_contract(dataset, Village)
