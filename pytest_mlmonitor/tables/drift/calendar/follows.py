"""What a feature is of the event time, and what that makes of a finding about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.words import count


@dataclass(frozen=True)
class Follows:
    """What a feature is of the event time.

    Attributes:
        said: what it is, in words that go on with "of" and the column of the event time.
        how: how it is written, in which time, or how often it was seen; may be empty.
        rows: rows of the sample that show it.
        versions: versions of the table that they are of.
        days: how long they span.
        certain: whether they span long enough that it is no accident; else the feature equals a formula in the few days there
            are.
    """

    said: str
    how: str
    rows: int
    versions: int
    days: float
    certain: bool

    def excused(self, finding: Finding, event_ts: str) -> Finding:
        """Return what is left of a finding about the feature's distribution: information, at most a warning where not certain.

        Args:
            finding: what is said of the feature by its figures alone.
            event_ts: the column of the event time.
        """
        seen = (
            f"in {count(self.rows, 'row')} of {count(self.versions, 'version')} over {count(round(self.days), 'day')}"
        )
        how = f"{self.how}; {seen}" if self.how else seen
        what = f"{self.said} of {bare(event_ts)} ({how})"
        name = bare(finding.column or "the feature")
        if self.certain:
            message = f"{name} follows the calendar: it is {what}. By its figures alone: {finding.message}"
            return replace(finding, severity=Severity.INFO, message=message)
        message = f"{finding.message}. At most a warning: it equals {what}, which are too few to be sure"
        return replace(finding, severity=min(finding.severity, Severity.WARNING), message=message)
