"""What another tool says, as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pytest_mlmonitor.core.artifact import Artifact
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.registries.model import ModelRegistry

ReportForm = Literal["drift", "quality", "evaluation", "audit"]

MAX_AGE_SECONDS = 43_200.0
"""The age beyond which a report is missing its successor, where the policy says no other for it: 12 h (specification 3, 8)."""


@dataclass(frozen=True, repr=False)
class ExternalReport(Artifact):
    """A report of another tool: what it says, when, and of what.

    Attributes:
        form: what it is about: ``drift``, ``quality``, the ``evaluation`` of one model version, or an ``audit`` row.
        subject: the model, its version or its environment, as it is written; None where the report does not say.
        passed: what it says on the whole; None where that could not be read.
        at: when it was made, UTC; None where nothing says.
        zoned: whether that is said with a time zone.
        window: when what it looked at begins and ends, each None where it does not say.
        said: what it finds wrong, in its own figures.
        contradictions: where it does not agree with itself.
        evaluation: of an evaluation: the version in the words of model registries.
        document: the top-level object, or the row, as it stands.
    """

    form: ReportForm = "drift"
    subject: str | None = None
    passed: bool | None = None
    at: datetime | None = None
    zoned: bool = True
    window: tuple[datetime | None, datetime | None] = (None, None)
    said: tuple[Finding, ...] = ()
    contradictions: tuple[Finding, ...] = ()
    evaluation: ModelRegistry | None = None
    document: Mapping[str, Any] | None = None

    @property
    def repeated(self) -> bool:
        """Whether such a report is made again and again, so that an old one is missing its successor."""
        return self.form != "evaluation"
