"""What a person reads of a proof."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.inject.mutants.mutant import Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.prove.proof import MutantResult, Proof
from pytest_mlmonitor.prove.proposals.proposal import Proposal
from pytest_mlmonitor.prove.told.proof_junit import proof_junit
from pytest_mlmonitor.prove.told.proof_lines import MOST_SURVIVORS, proof_lines

LINE = Proposal("contract", "orders.odcs.yaml, schema orders, property a", "required: true")


def survivor(column: str, *proposals: Proposal, fault: str = "nulls_1", reason: str | None = None) -> MutantResult:
    ref = ArtifactRef("dataset", Path("/r/orders"), "orders", Path("/r"))
    operator = mutation("dataset", per="column", words="1 % of the values are null", fault=fault)(lambda *_: ())
    mutant = Mutant(f"{column} has nulls", dict, column)
    return MutantResult(ref, operator, mutant, "survived", reason=reason, proposals=proposals)


def told(*results: MutantResult) -> str:
    return "\n".join(proof_lines(Proof(datetime(2026, 4, 7, tzinfo=UTC), results=list(results))))


def test_a_survivor_without_a_line_says_why() -> None:
    assert "\n      no rule tells it" in told(survivor("a", reason="no rule tells it"))
    some = told(survivor("a", LINE), survivor("b", LINE), survivor("c", reason="no rule tells it"))
    assert "required: true" in some and "likewise for 1 other column" in some and "1 of them: no rule tells it" in some
    proof = Proof(datetime(2026, 4, 7, tzinfo=UTC), results=[survivor("a", reason="no rule tells it")])
    (failure,) = ElementTree.fromstring(proof_junit(proof)).iter("failure")  # noqa: S314 (our own)
    assert failure.text == "no rule tells it"


def test_what_is_not_told_is_counted() -> None:
    more = told(*(survivor("a", fault=f"fault_{number}") for number in range(MOST_SURVIVORS + 1)))
    assert "  … and 1 more: proof.json has them" in more
