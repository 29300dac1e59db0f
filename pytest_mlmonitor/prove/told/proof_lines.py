"""A proof for a terminal: the score first, then what nobody noticed, each with the line that would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_mlmonitor.core.text.names import bare, safe
from pytest_mlmonitor.core.text.words import count, instant, within
from pytest_mlmonitor.prove.proof import MutantResult, Proof, by, score
from pytest_mlmonitor.prove.proposals.proposal import Proposal

MOST_RED = 5
MOST_ROWS = 20
"""Artifacts and faults that have a line of their own; ``proof.json`` has all."""

MOST_SURVIVORS = 30
"""Kinds of survivors that are told with their proposals."""

_NAMES = 80
"""Room for the columns of a fault that is told once for all of them."""


def proof_lines(proof: Proof) -> Iterator[str]:
    """Yield what a person reads; nothing in it moves a cursor."""
    judged = len(proof.of("killed")) + len(proof.of("survived"))
    if proof.score is None:
        yield "nothing was judged: there is no score"
    else:
        killed = len(proof.of("killed"))
        yield f"score {shown_score(proof.score)}: {killed:,} of {count(judged, 'fault')} would be noticed"
    when = f"judged as of {instant(proof.evaluated_at)}"
    yield f"{when} ({proof.evaluated_because})" if proof.evaluated_because else when
    if proof.ended_early:
        done = len(proof.results) - sum(one.fate == "not_judged" for one in proof.results)
        yield f"budget ended after {done:,} of {count(len(proof.results), 'mutant')}: --budget gives it more time"
    yield from _red(proof)
    if proof.results:
        yield ""
        yield from _table("by artifact", [_of_artifact(one) for one in by(proof.results, _artifact).values()])
        yield ""
        yield from _table("by kind of fault", [_of_fault(one) for one in by(proof.results, _fault).values()])
    yield from _survivors(proof)
    yield from _others(proof)


def shown_score(value: float) -> str:
    """Return a score with two places that never looks better than it is: 0.999 is no 1.00."""
    return f"{int(value * 100 + 1e-9) / 100:.2f}"


def proposal_lines(proposal: Proposal) -> Iterator[str]:
    """Yield the lines of a proposal, below a line that says where they go."""
    yield f"would be noticed with, in {proposal.place}:"
    yield from (f"    {line}" for line in proposal.text.splitlines())


def _red(proof: Proof) -> Iterator[str]:
    if not proof.red:
        return
    yield ""
    yield f"the suite is already red on {count(len(proof.red), 'check')}: fix that first, it hides mutants"
    for one in proof.red[:MOST_RED]:
        yield f"  {one.severity:<8} {one.kind} {safe(one.artifact)}  {safe(one.message)} ({safe(one.check)})"
    if len(proof.red) > MOST_RED:
        yield f"  … and {len(proof.red) - MOST_RED:,} more"


def _survivors(proof: Proof) -> Iterator[str]:
    survivors = by(proof.of("survived"), lambda one: (*_artifact(one), *_fault(one)))
    if not survivors:
        return
    yield ""
    yield f"nobody would notice ({len(proof.of('survived')):,}):"
    told: tuple[str, str] | None = None
    for number, some in enumerate(survivors.values()):
        if number == MOST_SURVIVORS:
            more = sum(len(one) for one in list(survivors.values())[MOST_SURVIVORS:])
            yield f"  … and {more:,} more: proof.json has them (--out DIR)"
            return
        first = some[0]
        if told != _artifact(first):
            told = _artifact(first)
            yield f"  {first.ref.kind} {safe(first.ref.name)}"
        yield f"    {first.operator.fault:<22} {_what(some)}"
        for line in _proposed(some):
            yield f"      {line}"
        stopped = dict.fromkeys(line for one in some for line in one.stopped)
        for line in list(stopped)[:2]:
            yield f"      not checked any more, which turns nothing red: {bare(line, 160)}"


def _what(some: Sequence[MutantResult]) -> str:
    if len(some) == 1:
        return safe(some[0].mutant.what)
    columns = [safe(one.mutant.column) for one in some if one.mutant.column is not None]
    if len(columns) < len(some):
        return f"{safe(some[0].mutant.what)}, and {len(some) - 1:,} more"
    return f"{some[0].operator.words}, {len(some):,} columns: {within(columns, _NAMES)}"


def _proposed(some: Sequence[MutantResult]) -> Iterator[str]:
    """Yield the proposals of mutants that are told together, the first and how many more, and why others have none."""
    proposals = [one.proposals[0] for one in some if one.proposals]
    alike = len(proposals) - 1
    if proposals:
        yield from map(safe, proposal_lines(proposals[0]))
    if alike > 0:
        yield f"and likewise for {count(alike, 'other column')}: proof.json has the lines (--out DIR)"
    reasons = by([one for one in some if not one.proposals and one.reason], lambda one: one.reason or "")
    for reason, without in reasons.items():
        of = f"{len(without):,} of them: " if len(without) < len(some) else ""
        yield f"{of}{safe(reason)}"


def _others(proof: Proof) -> Iterator[str]:
    warned = sum(not one.fails_build for one in proof.of("killed"))
    if warned:
        yield ""
        yield f"{count(warned, 'fault')} would only be warned of, and turn no build red (fail_on)"
    for fate, words in (("equivalent", "equivalent, no rule can tell"), ("not_judged", "not judged")):
        some = proof.of(fate)  # type: ignore[arg-type]
        if some:
            yield ""
            yield f"{words} ({len(some):,}):"
            reasons = by(some, lambda one: one.reason or "")
            for reason, alike in list(reasons.items())[:MOST_ROWS]:
                yield f"  {len(alike):>5,}  {safe(reason)}"
            if len(reasons) > MOST_ROWS:
                yield f"  … and {len(reasons) - MOST_ROWS:,} more reasons"
    yield from _not_proven(proof)


def _not_proven(proof: Proof) -> Iterator[str]:
    if not proof.not_proven:
        return
    yield ""
    yield f"no mutant was made of ({len(proof.not_proven):,}):"
    reasons: dict[str, list[str]] = {}
    for artifact, reason in proof.not_proven:
        reasons.setdefault(reason, []).append(safe(artifact))
    for reason, artifacts in list(reasons.items())[:MOST_ROWS]:
        yield f"  {within(artifacts, _NAMES)}: {safe(reason)}"
    if len(reasons) > MOST_ROWS:
        yield f"  … and {len(reasons) - MOST_ROWS:,} more reasons"


def _artifact(one: MutantResult) -> tuple[str, str]:
    return one.ref.kind, one.ref.name


def _fault(one: MutantResult) -> tuple[str, str]:
    return one.operator.kind, one.operator.fault


def _of_artifact(some: Sequence[MutantResult]) -> tuple[str, Sequence[MutantResult]]:
    return f"{some[0].ref.kind} {safe(some[0].ref.name)}", some


def _of_fault(some: Sequence[MutantResult]) -> tuple[str, Sequence[MutantResult]]:
    return f"{some[0].operator.fault}: {some[0].operator.words}", some


def _table(title: str, rows: Sequence[tuple[str, Sequence[MutantResult]]]) -> Iterator[str]:
    yield f"  score       noticed  {title}"
    # Worst first: where nobody would notice is what a person looks for.
    ranked = sorted(rows, key=lambda row: 2.0 if (value := score(row[1])) is None else value)
    for name, some in ranked[:MOST_ROWS]:
        value = score(some)
        judged = sum(one.fate in ("killed", "survived") for one in some)
        killed = sum(one.fate == "killed" for one in some)
        yield f"  {'-' if value is None else shown_score(value):>5}  {f'{killed:,} of {judged:,}':>12}  {name}"
    if len(ranked) > MOST_ROWS:
        yield f"  … and {len(ranked) - MOST_ROWS:,} more"
