"""Which side of a metric is the better one, and limits that stand the wrong way round."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pytest_mlmonitor.core.policy.settings import Settings


@pytest.mark.parametrize(
    ("keys", "lower"),
    [
        ({}, False),
        ({"metric": "f1", "critical": 0.5, "warning": 0.6}, False),
        ({"metric": "rmse", "critical": 3, "warning": 2}, True),
        ({"metric": "test_mae", "critical": 2, "warning": 2}, True),
        ({"metric": "margin", "critical": 10, "warning": 12}, False),
        ({"metric": "complaints", "critical": 12, "warning": 10}, True),
    ],
)
def test_the_better_side(keys: dict[str, object], lower: bool) -> None:
    policy = Settings(retrain=keys).retrain
    assert policy.lower_is_better is lower
    assert policy.is_beyond(policy.critical + 1, policy.critical) is lower
    assert policy.is_beyond(policy.critical - 1, policy.critical) is not lower
    assert not policy.is_beyond(policy.critical, policy.critical)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"metric": "rmse"}, "critical = 0.65, the default is better than warning = 0.7, the default: lower is better"),
        ({"metric": "rmse", "critical": 2, "warning": 3}, "critical = 2 is better than warning = 3"),
        ({"warning": 0.6}, "set both, critical to the worse value"),
        ({"metric": "margin", "critical": 1, "warning": 1}, "nothing says whether more or less margin is better"),
        ({"critical": float("nan")}, "finite"),
        ({"warning": float("inf")}, "finite"),
    ],
)
def test_limits_that_say_nothing_are_refused(keys: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match="retrain") as error:
        Settings(retrain=keys)
    assert words in str(error.value)
