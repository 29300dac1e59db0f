"""Findings gathered one by one: alike ones are counted, in whatever order they come, and their number is bounded."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.serving.fold.evidence import MAX_KINDS, MAX_PLACES, Evidence

Told = tuple[int, int, int, bool]

tellings = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 30), st.booleans()),
    max_size=40,
    unique_by=lambda told: told[1:3],  # a line breaks a rule once
)


def add(evidence: Evidence, told: Told) -> None:
    kind, file, line, alike = told
    severity = (Severity.INFO, Severity.WARNING, Severity.ERROR)[kind % 3]
    finding = Finding(severity, f"line {line} of {file} is wrong", f"rule {kind}", str(line), "field")
    evidence.add(finding, f"2026-04-26/{file:02}/metrics.jsonl", line, alike=alike)


def gathered(tellings: list[Told]) -> Evidence:
    evidence = Evidence()
    for told in tellings:
        add(evidence, told)
    return evidence


def stored(evidence: Evidence) -> Evidence:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(evidence), type=Evidence)


@given(tellings, st.randoms())
def test_the_order_in_which_findings_are_met_does_not_matter(told: list[Told], random: object) -> None:
    shuffled = list(told)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert gathered(told).findings("t/") == gathered(shuffled).findings("t/")


@given(tellings, st.integers(0, 40), st.booleans())
def test_joined_and_stored_it_says_the_same(told: list[Told], cut: int, swap: bool) -> None:
    one, other = stored(gathered(told[:cut])), stored(gathered(told[cut:]))
    first, second = (other, one) if swap else (one, other)
    first.join(second)
    assert first.findings("t/") == gathered(told).findings("t/")


@given(tellings, st.integers(0, 40))
def test_a_stored_one_goes_on(told: list[Told], cut: int) -> None:
    evidence = stored(gathered(told[:cut]))
    for one in told[cut:]:
        add(evidence, one)
    assert evidence.findings("t/") == gathered(told).findings("t/")


@given(tellings)
def test_nothing_is_lost_in_counting(told: list[Told]) -> None:
    evidence = gathered(told)
    assert sum(kind.count for kind in evidence.kinds.values()) + evidence.more == len(told)
    assert all(len(kind.places) <= MAX_PLACES for kind in evidence.kinds.values())


def test_the_number_of_kinds_is_bounded_and_the_rest_keeps_its_weight() -> None:
    evidence = Evidence()
    for line in range(MAX_KINDS + 50):
        severity = Severity.ERROR if line == MAX_KINDS + 20 else Severity.WARNING
        evidence.add(Finding(severity, "m", f"rule {line}"), "f", line)
    found = evidence.findings("")
    assert len(found) == MAX_KINDS + 1
    assert "50 more" in found[-1].message
    assert found[-1].severity == Severity.ERROR


def test_joining_full_ones_counts_everything() -> None:
    whole = Evidence()
    for part in range(5):
        evidence = Evidence()
        for line in range(MAX_KINDS):
            evidence.add(Finding(Severity.INFO, "m"), f"f{part}", line, alike=False)
        whole.join(stored(evidence))
    assert len(whole.kinds) == MAX_KINDS
    assert whole.more == 4 * MAX_KINDS


def test_places_and_counts_are_in_the_message() -> None:
    evidence = Evidence()
    for line in (9, 7, 5, 3, 1):
        add(evidence, (2, 0, line, True))
    (finding,) = evidence.findings("serving/metrics/")
    assert finding.message.startswith(
        "line 1 of 0 is wrong (4 more: metrics.jsonl:3, metrics.jsonl:5, metrics.jsonl:7 and 1 more"
    )
    assert finding.location == "serving/metrics/2026-04-26/00/metrics.jsonl:1"


@given(st.randoms(), st.integers(0, 300), st.booleans())
def test_those_that_stand_first_are_kept(random: object, cut: int, through_bytes: bool) -> None:
    told = [(line % 4, line % 7, line, False) for line in range(300)]
    expected = gathered(sorted(told, key=lambda one: one[1:3])).findings("t/")
    random.shuffle(told)  # type: ignore[attr-defined]
    one, other = gathered(told[:cut]), gathered(told[cut:])
    if through_bytes:
        one, other = stored(one), stored(other)
    one.join(other)
    assert one.findings("t/") == expected
