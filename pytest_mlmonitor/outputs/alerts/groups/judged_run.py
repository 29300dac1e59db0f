"""What a run says of families of artifacts, check by check: the form in which alerts are decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.result import CheckResult

MemberStatus = Literal["failing", "crashed", "unchecked", "passing"]

MEMBER_STATUSES: tuple[MemberStatus, ...] = ("failing", "crashed", "unchecked", "passing")
"""The worst first: that of an artifact with several results of one check is the first of theirs."""


@dataclass(frozen=True, slots=True)
class JudgedMember:
    """What a check said of one artifact.

    Attributes:
        place: by which the artifact is known again.
        status: see :data:`MEMBER_STATUSES`; of a superseded artifact it says nothing.
        ended: why its findings do not count although they are there (it is retired, or they are accepted), in words.
        newer: place of the artifact that supersedes it, None for none.
        ref: the artifact.
        results: with their node ids.
    """

    place: str
    status: MemberStatus
    ended: str = ""
    newer: str | None = None
    ref: ArtifactRef | None = None
    results: Sequence[tuple[str, CheckResult]] = ()


@dataclass(frozen=True)
class AlertGroup:
    """A family of artifacts and a check: what one alert is about.

    Attributes:
        key: by which the alert is known again.
        check: name of the check.
        members: the artifacts that are not superseded.
    """

    key: str
    check: str
    members: Sequence[JudgedMember]

    @cached_property
    def failing(self) -> list[JudgedMember]:
        """The members with a finding that counts, and those that the check could not judge."""
        return [member for member in self.members if member.status in ("failing", "crashed")]

    @property
    def passes(self) -> bool:
        """Whether the check passes on any of them."""
        return any(member.status == "passing" for member in self.members)


@dataclass(frozen=True)
class JudgedRun:
    """A run.

    Attributes:
        groups: families and checks, by the keys of their alerts.
        members: by check and place, those that are superseded too.
        newer: asked with a place: that of what supersedes the artifact there, None for none.
        gone: whether an artifact is there no more: nothing lies at its place, and its root was walked.
        whole: whether it came to its end and judged everything.
        empty: whether it found no data at all: then nothing that is not there counts as gone.
    """

    groups: Mapping[str, AlertGroup]
    members: Mapping[tuple[str, str], JudgedMember]
    newer: Callable[[str], str | None]
    gone: Callable[[str], bool]
    whole: bool = True
    empty: bool = False

    def is_taken_over(self, check: str, place: str) -> bool:
        """Return whether what supersedes an artifact fails the check, too: how bad it is says the newer one alone."""
        member = self.members.get((check, place))
        newer = member.newer if member is not None else self.newer(place)
        other = self.members.get((check, newer)) if newer is not None else None
        return other is not None and other.newer is None and other.status == "failing"

    def is_settled(self, check: str, place: str) -> bool | None:
        """Return whether what a check found of an artifact is over: it passes, or what supersedes it does.

        Returns:
            None where nothing can be said of the artifact any more: it is gone, or the check is none of what supersedes it.
        """
        member = self.members.get((check, place))
        newer = member.newer if member is not None else self.newer(place)
        if newer is not None:
            other = self.members.get((check, newer))
            if other is None:
                return None if self.whole else False
            return other.status == "passing"
        if member is not None:
            return member.status == "passing"
        return None if self.whole and self.gone(place) else False
