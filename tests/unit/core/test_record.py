"""What is shown of an artifact: the worst finding, and among equals the one that others may follow from."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CATEGORIES, CheckResult, Status
from tests.unit.support import NOW

REF = ArtifactRef("dataset", Path("/data/d.json"), "d", Path("/data"))


def result(category: str, *severities: Severity, check: str = "", ref: ArtifactRef = REF) -> CheckResult:
    status: Status = "fail" if severities else "pass"
    name = check or f"of {category}"
    return CheckResult(name, category, ref, status, tuple(Finding(s, f"{name} {s.word}") for s in severities))


def recorded(*results: CheckResult) -> RunRecord:
    return RunRecord(NOW, results=[(f"{one.ref.name}::{one.check}", one) for one in results])


def shown(*results: CheckResult) -> tuple[str, str]:
    """Return the finding that is shown of the one artifact, and its check."""
    (judged,) = recorded(*results).artifacts()
    assert judged.worst is not None
    return judged.worst.message, judged.check


@pytest.mark.parametrize(("cause", "effect"), list(pairwise(CATEGORIES)))
def test_among_equals_a_broken_contract_comes_first_and_lineage_last(cause: str, effect: str) -> None:
    results = [result(cause, Severity.ERROR), result(effect, Severity.ERROR)]
    for order in (results, results[::-1]):
        assert shown(*order) == (f"of {cause} error", f"of {cause}")


def test_what_is_worse_comes_before_what_others_follow_from() -> None:
    assert shown(result("contract", Severity.WARNING), result("lineage", Severity.ERROR))[1] == "of lineage"


def test_of_one_category_the_first_check_is_shown() -> None:
    results = [result("quality", Severity.ERROR, check=name) for name in ("one", "two")]
    assert shown(*results)[1] == "one"
    assert shown(*results[::-1])[1] == "two"


def test_whoever_pages_is_listed_before_others_that_failed() -> None:
    names = {"a": Severity.ERROR, "b": Severity.CRITICAL, "c": Severity.ERROR}
    record = recorded(
        *(
            result("quality", severity, ref=ArtifactRef("dataset", Path(f"/data/{name}.json"), name, Path("/data")))
            for name, severity in names.items()
        )
    )
    assert [(one.ref.name, one.critical) for one in record.artifacts()] == [("b", True), ("a", False), ("c", False)]
