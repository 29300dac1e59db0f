"""When a difference from a reference is a drift, and how it is said: of features, of targets and of predictions alike.

Effect sizes decide (specification 2.5): the population stability index and the Kolmogorov-Smirnov distance. With large
samples every p-value is small, so p-values stand beside a finding as evidence and are never the reason for one; with small
ones an effect size that chance explains is information.
"""

from __future__ import annotations

from dataclasses import dataclass

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.tables.contract.table import DriftTerms
from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift
from pytest_mlmonitor.tables.drift.p_values import by_chance


@dataclass(frozen=True)
class DriftLimits:
    """Thresholds of specification 2.5: PSI from which a feature warns and fails, and KS distance from which it warns."""

    psi_warning: float
    psi_error: float
    ks: float

    @classmethod
    def of(cls, settings: Settings, terms: DriftTerms | None = None) -> DriftLimits:
        """Return the thresholds of the policy, or a contract's own where ``terms`` has some."""
        policy, own = settings.drift, terms or DriftTerms()
        return cls(
            policy.psi_warning if own.psi_warning is None else own.psi_warning,
            policy.psi_error if own.psi_error is None else own.psi_error,
            policy.ks if own.ks is None else own.ks,
        )

    def tightened(self, other: DriftLimits) -> DriftLimits:
        """Return the lower of each threshold."""
        return DriftLimits(
            min(self.psi_warning, other.psi_warning), min(self.psi_error, other.psi_error), min(self.ks, other.ks)
        )

    def severity(self, one: FeatureDrift) -> Severity | None:
        """Return the consequence of a difference, None for none worth a word."""
        psi, ks = one.psi or 0.0, one.ks or 0.0
        if psi < min(self.psi_warning, self.psi_error) and ks < self.ks:
            return None
        if by_chance(one):
            return Severity.INFO
        return Severity.ERROR if psi >= self.psi_error else Severity.WARNING

    def finding(
        self, severity: Severity, one: FeatureDrift, against: str, place: str | None, p_value: float | None
    ) -> Finding:
        """Return the finding of a difference.

        Args:
            severity: what :meth:`severity` said.
            one: the difference.
            against: the reference, and why it is the one.
            place: the file judged.
            p_value: adjusted for the number of features.
        """
        figures = (("PSI", one.psi, ".3f"), ("D", one.ks, ".3f"), ("χ²", one.chi2, ",.0f"), ("p", p_value, ".2g"))
        said = ", ".join(f"{label} {value:{form}}" for label, value, form in figures if value is not None)
        allowed = f"PSI < {self.psi_warning:g}" + (f" and D < {self.ks:g}" if one.ks is not None else "")
        exact = (
            ("psi", one.psi),
            ("ks", one.ks),
            ("chi2", one.chi2),
            ("jensen_shannon", one.jensen_shannon),
            ("wasserstein", one.wasserstein),
            ("p_adjusted", p_value),
        )
        verb = "differs by no more than chance" if severity == Severity.INFO else "drifted"
        return Finding(
            severity,
            f"{bare(one.feature)} {verb} from {against}: {said}; expected {allowed}",
            allowed,
            ", ".join(f"{label}={value:.12g}" for label, value in exact if value is not None),
            one.feature,
            place,
        )
