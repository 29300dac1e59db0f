"""From which age a dataset is STALE: the section ``freshness``, and the ways in which it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, model_validator

from pytest_mlmonitor.core.policy.section import Duration, PositiveSeconds, Section
from pytest_mlmonitor.core.text.durations import DURATION


class FreshnessPolicy(Section):
    """When a dataset is STALE (specification 2.2).

    Attributes:
        max_age_seconds: from this age on STALE is an error. Its default holds only where upstream itself says when it built
            the data: what is known from a name, a partition or a table's log has a limit only where somebody set one.
        error_after: the same limit, as a duration (``26h``).
        warn_after: from this age on STALE is a warning, as a duration; alone, STALE is never more than that.
    """

    max_age_seconds: PositiveSeconds = 1800.0
    error_after: Duration = None
    warn_after: Duration = None

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if self.error_after is not None:
            if "max_age_seconds" in self.model_fields_set and self.max_age_seconds != self.error_after:
                raise ValueError("error_after and max_age_seconds are two names of one limit: keep one")
            self.__dict__["max_age_seconds"] = self.error_after  # frozen from here on
        if self.warn_after is not None and self.limit is not None and self.warn_after >= self.limit:
            raise ValueError(f"warn_after = {self.warn_after:g} s is not before the error, after {self.limit:g} s")
        return self

    def under(self, narrower: Self) -> Self:
        """Return the limits with those of a narrower scope; ``warn_after`` of a wider one gives way to an earlier error."""
        made = super().under(narrower)
        if narrower.limit_said:
            update = {"max_age_seconds": narrower.max_age_seconds, "error_after": narrower.error_after}
            made = made.model_copy(update=update)
        if made.warn_after is not None and made.limit is not None and made.warn_after >= made.limit:
            made = made.model_copy(update={"warn_after": None})
        return made

    @property
    def said_keys(self) -> frozenset[str]:
        """The keys that are set here; of two names of one limit both."""
        return super().said_keys | (frozenset(ONE_LIMIT) if self.limit_said else frozenset())

    @property
    def said(self) -> bool:
        """Whether anybody set a limit."""
        return self.limit_said or self.warn_after is not None

    @property
    def limit_said(self) -> bool:
        """Whether anybody set the limit from which STALE is an error."""
        return "max_age_seconds" in self.model_fields_set or self.error_after is not None

    @property
    def limit(self) -> float | None:
        """Seconds from which STALE is an error; None where only ``warn_after`` was set."""
        return None if self.warn_after is not None and not self.limit_said else self.max_age_seconds


def freshness_keys(value: Any) -> Any:
    """Return ``freshness = "26h"`` as the keys that it stands for; anything else as it is."""
    return {"error_after": value} if isinstance(value, str) else value


def _freshness(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(
            f'{value} has no unit: say it, as in "{value}h" or "{value}d": expected {DURATION}, or freshness.max_age_seconds'
        )
    return freshness_keys(value)


def limits_below(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a ``freshness`` section that hold beside another one's, which goes before it.

    ``error_after`` and ``max_age_seconds`` are one limit: where ``above`` sets either, neither of ``below`` is left.

    >>> limits_below({"error_after": "26h", "warn_after": "1h"}, {"max_age_seconds": 60})
    {'warn_after': '1h'}
    """
    set_above = any(above.get(key) is not None for key in ONE_LIMIT)
    return {key: value for key, value in below.items() if not (set_above and key in ONE_LIMIT)}


ONE_LIMIT = ("max_age_seconds", "error_after")
"""Two names of the limit from which STALE is an error."""


FreshnessKeys = Annotated[FreshnessPolicy, BeforeValidator(_freshness)]
"""The section as people write it: a table, or the limit alone (``freshness = "26h"``)."""
