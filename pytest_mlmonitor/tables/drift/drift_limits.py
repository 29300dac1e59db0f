"""From which figure on a difference from a reference is a drift (specification 2.5)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.threshold_origin import ThresholdOrigin
from pytest_mlmonitor.tables.contract.table import DriftTerms
from pytest_mlmonitor.tables.drift.feature_drift import FigureName

_KEYS: dict[FigureName, tuple[str, ...]] = {
    "psi": ("drift.psi_warning", "drift.psi_error"),
    "ks": ("drift.ks",),
    "other_share": ("drift.ks",),
    "null_rise": ("quality.null_rate_warning", "quality.null_rate_error"),
    "unseen_share": ("quality.unknown_category_rate",),
}


@dataclass(frozen=True)
class DriftLimits:
    """The thresholds in force for one artifact.

    Attributes:
        psi_warning, psi_error: PSI from which a feature warns and fails.
        ks: distance D from which it warns. Of a feature that is constant in the reference, and so has no PSI: the share of
            other values from which it warns; twice as much fails.
        null_warning, null_error: rise of a null rate from which a feature warns and fails.
        unseen: share of rows in unseen categories beyond which a feature warns.
        of_contract: those of them that a contract says.
    """

    psi_warning: float
    psi_error: float
    ks: float
    null_warning: float
    null_error: float
    unseen: float
    of_contract: tuple[ThresholdOrigin, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, settings: Settings, terms: DriftTerms | None = None, contract: str | None = None) -> DriftLimits:
        """Return the thresholds of the policy, or a contract's own where ``terms`` has some; ``contract`` is its file or name."""
        policy, quality, own = settings.drift, settings.quality, terms or DriftTerms()
        said = [
            ThresholdOrigin("contract", f"drift.{name}", f"{value:g}", f"{getattr(policy, name):g}", contract)
            for name in ("psi_warning", "psi_error", "ks")
            if (value := getattr(own, name)) is not None
        ]
        return cls(
            policy.psi_warning if own.psi_warning is None else own.psi_warning,
            policy.psi_error if own.psi_error is None else own.psi_error,
            policy.ks if own.ks is None else own.ks,
            quality.null_rate_warning,
            quality.null_rate_error,
            quality.unknown_category_rate,
            tuple(said),
        )

    def tightened(self, other: DriftLimits) -> DriftLimits:
        """Return the lower of each threshold."""
        names = [one.name for one in fields(self) if one.compare]
        lower = {name for name in names if getattr(other, name) < getattr(self, name)}
        said = [
            *(one for one in self.of_contract if one.key.removeprefix("drift.") not in lower),
            *(one for one in other.of_contract if one.key.removeprefix("drift.") in lower),
        ]
        lower_of = {name: min(getattr(self, name), getattr(other, name)) for name in names}
        return DriftLimits(**lower_of, of_contract=tuple(said))

    def keys(self, figure: FigureName) -> tuple[str, ...]:
        """Return the keys of the policy that hold the limits of a figure."""
        return _KEYS.get(figure, ())

    def beyond(self, figure: FigureName, value: float) -> tuple[Severity, float] | None:
        """Return the consequence of a figure that chance does not explain, with the limit it reached; None within limits."""
        if figure in ("unseen_share", "categories"):
            severity = Severity.ERROR if figure == "categories" else Severity.WARNING
            return (severity, self.unseen) if value > self.unseen else None
        warning, error = self._both(figure)
        if value >= error:
            return Severity.ERROR, error
        return (Severity.WARNING, warning) if value >= warning else None

    def limit(self, figure: FigureName, *, error: bool) -> float | None:
        """Return from which value on a figure warns, or is an error; None where it has no such limit."""
        if figure in ("unseen_share", "categories"):
            return None if error else self.unseen
        found = self._both(figure)[error]
        return found if math.isfinite(found) else None

    def _both(self, figure: FigureName) -> tuple[float, float]:
        return {
            "psi": (self.psi_warning, self.psi_error),
            "ks": (self.ks, math.inf),
            "other_share": (self.ks, 2 * self.ks),
            "null_rise": (self.null_warning, self.null_error),
        }[figure]
