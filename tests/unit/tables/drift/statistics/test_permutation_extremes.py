"""P-values of tables that have nothing in common: smaller than any float, and no error."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_mlmonitor.tables.drift.statistics.permutation import unseen_p


@pytest.mark.parametrize("rows", [30, 288, 1_000, 10**5, 10**7])
@pytest.mark.parametrize("categories", [1, 2, 5])
def test_no_common_category(rows: int, categories: int) -> None:
    """A daily table of one weekday each: all rows are of a category that the reference never had."""
    here, nothing = [rows] * categories, [0] * categories
    assert 0 <= unseen_p(np.array(here + nothing), np.array(nothing + here)) < 1e-9
