"""Lines are proposed against faults that nobody noticed: each notices its mutant, and no sound version breaks one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.prove.proof import MutantResult
from pytest_mlmonitor.prove.proposals import proposing, trial
from pytest_mlmonitor.prove.proposals.candidates.candidate import Candidate
from pytest_mlmonitor.prove.proposals.contract_target import ContractTarget
from pytest_mlmonitor.prove.proposals.proposal import Proposal, in_force
from pytest_mlmonitor.prove.proposals.written_proposals import write_proposals
from pytest_mlmonitor.tables.odcs.document import read_odcs
from tests.unit.prove.proposals.orders import CONTRACT, POLICY, Bench, bench, column, orders


def one_in(share: int, name: str) -> Callable[[pa.Table], pa.Table]:
    """Return the change that leaves a value out in so many."""

    def change(table: pa.Table) -> pa.Table:
        at = table.column_names.index(name)
        values = table.column(name).to_numpy(zero_copy_only=False)
        return table.set_column(at, name, pa.array(values, mask=np.arange(len(table)) % share == 0))

    return change


FAULTS: list[tuple[str, Callable[[pa.Table], pa.Table], str | None, str]] = [
    ("nulls_1", one_in(100, "price"), "price", "required: true"),
    ("nulls_20", one_in(5, "note"), "note", "nullValues, mustBeLessOrEqualTo"),
    ("above_greatest", column("price", lambda v: np.where(np.arange(len(v)) == 3, 5e3, v)), "price", "maximum"),
    ("below_least", column("price", lambda v: np.where(np.arange(len(v)) == 3, -5.0, v)), "price", "minimum: 0"),
    ("new_category", column("kind", lambda v: np.where(np.arange(len(v)) % 100 == 0, "odd", v)), "kind", "validValues"),
    ("constant", column("kind", lambda v: np.full(len(v), "web")), "kind", "count(DISTINCT"),
    ("shifted_half", column("price", lambda v: v + v.std() / 2), "price", "avg("),
    ("units_1000", column("price", lambda v: v * 1000), "price", "maximum"),
    ("truncated", column("shop", lambda v: [text[:2] for text in v]), "shop", "validValues"),
    ("shuffled", column("price", lambda v: np.random.default_rng(1).permutation(v)), "price", "corr("),
    ("text_type", column("price", lambda v: [str(one) for one in v]), "price", "logicalType: number"),
    ("added_column", lambda t: t.append_column("more", pa.array([1] * len(t))), None, "mlmonitor.extra"),
    ("duplicate_rows", lambda t: pa.concat_tables([t, t.slice(0, 20)]), None, "unique: true"),
    ("half_lost", lambda t: t.slice(0, len(t) // 2), None, "rowCount, mustBeBetween"),
    ("same_again", lambda _: orders(3), None, "latency"),
    ("day_older", column("sold_at", lambda v: v - np.timedelta64(1, "D")), "sold_at", "latency"),
]


@pytest.fixture(scope="module")
def held(tmp_path_factory: Any) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("orders")) as found:
        yield found


@pytest.fixture(scope="module")
def answers(held: Bench) -> list[MutantResult]:
    return held.proposed(*(held.survivor(fault, change, name) for fault, change, name, _ in FAULTS))


@pytest.mark.parametrize(("place", "expected"), [(at, fault[-1]) for at, fault in enumerate(FAULTS)])
def test_a_line_is_what_a_person_would_write(answers: list[MutantResult], place: int, expected: str) -> None:
    (proposal,) = answers[place].proposals
    assert expected in proposal.text
    assert proposal.place.split(",")[0].endswith("contracts/orders.odcs.yaml")


def test_the_sound_versions_keep_all_lines_together_and_the_written_contract_says_them(
    held: Bench, answers: list[MutantResult], tmp_path: Path
) -> None:
    proposals = [one for result in answers for one in result.proposals]
    record = held.found(proposals, tmp_path / "force")
    assert [f.message for _, r in record.results for f in r.findings if f.severity >= Severity.WARNING] == []
    first = write_proposals(proposals, tmp_path)
    again = write_proposals(proposals, tmp_path)
    text = (tmp_path / "orders.proposed.odcs.yaml").read_text("utf-8")
    assert [line.split(":")[0].rsplit("/")[-1] for line in (*first, *again)] == [
        "orders.proposed.odcs.yaml",
        "orders.proposed-2.odcs.yaml",
    ]
    contract = read_odcs(text.encode(), "x")
    assert (contract.problems, contract.unchecked) == ((), ())
    assert "order_id # of the till" in text
    assert text.startswith(CONTRACT.splitlines()[0])


def test_what_sound_data_break_is_not_shown_and_the_next_one_is_tried(held: Bench, monkeypatch: Any) -> None:
    def makers(_: Any, target: Any) -> Iterator[Candidate]:
        for percent in (1, 8):  # sound notes are null in about 2 %
            rule = {"metric": "nullValues", "mustBeLessOrEqualTo": percent, "unit": "percent"}
            yield Candidate(frozenset({"nulls_20"}), (target.line("note", "quality", rule),), column="note")

    monkeypatch.setattr(proposing, "MAKERS", (makers,))
    assert "mustBeLessOrEqualTo: 8" in held.line("nulls_20", one_in(5, "note"), "note")


def test_a_survivor_says_why_there_is_no_line(held: Bench, monkeypatch: Any) -> None:
    monkeypatch.setattr(proposing, "MAKERS", ())
    survivor = held.survivor("nulls_20", one_in(5, "note"), "note")
    assert held.proposed(survivor)[0].reason == proposing.NO_RULE
    assert held.proposed(survivor, seconds=0.0)[0].reason == proposing.NOT_REACHED


def test_a_mutant_of_another_name_is_judged_too(held: Bench, tmp_path: Path) -> None:
    result = held.proposed(held.survivor("units_1000", column("price", lambda v: v * 1000), "price"))[0]
    trial = proposing.Trial(held.bench, held.sound, math.inf, tmp_path)
    files = result.mutant.make()
    elsewhere = ArtifactRef("dataset", tmp_path, "orders@2026-11-01", tmp_path)
    assert (
        trial.found(result.proposals, files, elsewhere) == trial.found(result.proposals, files, held.newest.ref) != []
    )


def test_without_a_contract_lines_are_those_of_one_to_be_written(tmp_path: Path) -> None:
    with bench(tmp_path, days=3, contract=None) as stranger:
        survivor = stranger.survivor("units_1000", column("price", lambda v: v * 1000), "price")
        (result,) = stranger.proposed(survivor)
        (proposal,) = result.proposals
        assert proposal.place == "contracts/orders.odcs.yaml (to be written), schema orders, property price"
        assert proposal.text.startswith("- name: price # observed: no null, ")
        assert "logicalTypeOptions: {minimum: 0, maximum: " in proposal.text
        (told,) = write_proposals([proposal], tmp_path / "out")
        assert 'name it in the policy, contracts = ["contracts/orders.odcs.yaml"]' in told


def test_lines_of_the_policy_have_the_form_of_the_file_that_they_go_into(
    held: Bench, monkeypatch: Any, tmp_path: Path
) -> None:
    lines = Candidate(frozenset({"half_lost"}), override={"quality": {"row_count_change": 0.3}})
    monkeypatch.setattr(proposing, "MAKERS", (lambda *_: [lines],))
    (result,) = held.proposed(held.survivor("half_lost", lambda t: t.slice(0, len(t) // 2)))
    assert result.proposals[0].place == "mlmonitor.toml, [[overrides]]"
    (told,) = write_proposals(result.proposals, tmp_path)
    assert told.endswith("paste its entries into mlmonitor.toml")
    file = tmp_path / "mlmonitor.toml"
    file.write_text(POLICY + (tmp_path / "mlmonitor.proposed.toml").read_text("utf-8"), "utf-8")
    assert [one.artifact.text for one in load(file).overrides] == ["dataset:orders"]


def test_a_table_chooses_no_path_by_its_name(tmp_path: Path) -> None:
    mine = tmp_path / "orders.odcs.yaml"
    mine.write_text("mine\n", encoding="utf-8")
    for name in (str(tmp_path / "orders"), "../orders", "o" * 300):
        target = ContractTarget(CONTRACT, name, "inferred", None, "contracts/x.odcs.yaml")
        settings, _ = target.in_force((), Settings(), tmp_path / "force")
        (written,) = settings.contracts.files
        assert written.parent == tmp_path / "force"
        (told,) = write_proposals([Proposal("contract", "", "", target)], tmp_path / "out")
        assert (tmp_path / "out" / Path(told.split(":")[0]).name).is_file()
    assert mine.read_text("utf-8") == "mine\n"


def test_what_a_key_does_not_take_is_not_proposed_and_ends_no_proof(
    held: Bench, monkeypatch: Any, tmp_path: Path
) -> None:
    never = {"drift": {"correlation": 0.0}}
    with pytest.raises(PolicyError, match=r"drift\.correlation"):
        in_force([Proposal("policy", "", "", override={"artifact": "*", **never})], Settings(), tmp_path)
    monkeypatch.setattr(proposing, "MAKERS", ())
    monkeypatch.setattr(proposing, "policy_candidates", lambda *_: [Candidate(frozenset(), override=never)])
    survivor = held.survivor("nulls_20", one_in(5, "note"), "note")
    assert held.proposed(survivor)[0].reason == proposing.NO_RULE

    def broken(*_: Any) -> Any:
        raise KeyError("column")

    monkeypatch.setattr(proposing, "policy_candidates", broken)
    assert held.proposed(survivor)[0].reason == "no line was looked for: KeyError: 'column'"


def test_only_lines_against_what_survived_are_tried(held: Bench, monkeypatch: Any) -> None:
    def makers(_: Any, target: Any) -> Iterator[Candidate]:
        for at, (fault, name) in enumerate(
            [("nulls_20", "note"), ("nulls_20", "kind"), ("shuffled", "note"), ("nulls_20", None)]
        ):
            yield Candidate(frozenset({fault}), (target.line("note", "description", f"line {at}"),), column=name)

    tried: set[str] = set()

    def in_force(proposals: Any, *more: Any) -> Any:
        tried.update(one.text for one in proposals)
        return put(proposals, *more)

    put = trial.in_force
    monkeypatch.setattr(proposing, "MAKERS", (makers,))
    monkeypatch.setattr(proposing, "policy_candidates", lambda *_: [])
    monkeypatch.setattr(trial, "in_force", in_force)
    held.proposed(held.survivor("nulls_20", one_in(5, "note"), "note"))
    assert tried == {'description: "line 0"', 'description: "line 3"'}
