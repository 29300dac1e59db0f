"""From which figure on a difference from a reference is a drift (specification 2.5)."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.tables.contract.table import DriftTerms
from pytest_mlmonitor.tables.drift.feature_drift import FigureName


@dataclass(frozen=True)
class DriftLimits:
    """The thresholds in force for one artifact.

    Attributes:
        psi_warning, psi_error: PSI from which a feature warns and fails.
        ks: distance D from which it warns. Of a feature that is constant in the reference, and so has no PSI: the share of
            other values from which it warns; twice as much fails.
        null_warning, null_error: rise of a null rate from which a feature warns and fails.
        unseen: share of rows in unseen categories beyond which a feature warns.
    """

    psi_warning: float
    psi_error: float
    ks: float
    null_warning: float
    null_error: float
    unseen: float

    @classmethod
    def of(cls, settings: Settings, terms: DriftTerms | None = None) -> DriftLimits:
        """Return the thresholds of the policy, or a contract's own where ``terms`` has some."""
        policy, quality, own = settings.drift, settings.quality, terms or DriftTerms()
        return cls(
            policy.psi_warning if own.psi_warning is None else own.psi_warning,
            policy.psi_error if own.psi_error is None else own.psi_error,
            policy.ks if own.ks is None else own.ks,
            quality.null_rate_warning,
            quality.null_rate_error,
            quality.unknown_category_rate,
        )

    def tightened(self, other: DriftLimits) -> DriftLimits:
        """Return the lower of each threshold."""
        return DriftLimits(*(min(getattr(self, one.name), getattr(other, one.name)) for one in fields(self)))

    def beyond(self, figure: FigureName, value: float) -> tuple[Severity, float] | None:
        """Return the consequence of a figure that chance does not explain, with the limit it reached; None within limits."""
        if figure in ("unseen_share", "categories"):
            severity = Severity.ERROR if figure == "categories" else Severity.WARNING
            return (severity, self.unseen) if value > self.unseen else None
        warning, error = {
            "psi": (self.psi_warning, self.psi_error),
            "ks": (self.ks, math.inf),
            "other_share": (self.ks, 2 * self.ks),
            "null_rise": (self.null_warning, self.null_error),
        }[figure]
        if value >= error:
            return Severity.ERROR, error
        return (Severity.WARNING, warning) if value >= warning else None
