"""The policy as it is written: short, every guess with its reason behind it, what was not guessed as a comment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date

from pytest_mlmonitor.commands.init.guesses.guessing import Guesses
from pytest_mlmonitor.commands.init.shapes.source_draft import SourceDraft
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count

_WIDTH = 34


def policy_text(guesses: Guesses, roots: Sequence[str], today: date, table: str = "") -> str:
    """Return the text of a policy file.

    Args:
        guesses: what it says.
        roots: the artifact roots, relative to the file.
        today: for the first line.
        table: the table that it stands in, ``tool.mlmonitor``; none in a file of its own.
    """
    lines = [f"# Written by mlmonitor init on {today}. Every line is yours to change: docs/policy.md, docs/sources.md."]
    if table:
        lines.append(f"[{table}]")
    lines.append(f"artifacts = [{', '.join(map(toml, roots))}]")
    if guesses.contracts:
        lines.append('contracts = "contracts"')
    lines.append('# owner = "…"')
    prefix = f"{table}." if table else ""
    for draft in guesses.drafts:
        lines += ["", f"[{prefix}source.{draft.name}]", *source_lines(draft)]
    for family, age in guesses.known_ages.items():
        if age.limit is None:
            lines += ["", f"# dataset {safe(family)}:", _comment(age.comment)]
        else:
            lines += ["", f"[[{prefix}overrides]]", f"artifact = {toml(f'dataset:{_pattern(family)}')}"]
            lines.append(_line("freshness", age.limit, age.comment))
    for draft in guesses.drafts:
        for family, said in draft.overrides.items():
            lines += ["", f"[[{prefix}overrides]]", f"artifact = {toml(f'{draft.kind}:{_pattern(family)}')}"]
            lines += [f"{key} = {toml(value)}" for key, value in said.items()]
    return "\n".join(lines) + "\n"


def late_training_lines(runs: int, table: str = "") -> str:
    """Return the override of a platform whose runs are trained on older versions, too: experiments on a table that stays.

    How old a version may get was guessed of how often there is a new one, which says nothing of what models are trained on.

    Args:
        runs: how many.
        table: as of :func:`policy_text`.
    """
    prefix = f"{table}." if table else ""
    said = f"{count(runs, 'run')} trained on an older version than freshness allows: remove this where none may be"
    lines = [f"[[{prefix}overrides]]", 'artifact = "training_run:*"', _line("severity.dataset_link", "warning", said)]
    return "\n".join(lines) + "\n"


def source_lines(draft: SourceDraft) -> Iterator[str]:
    """Yield the lines of a source, below its head."""
    if draft.log is not None:
        yield f"kind = {toml(draft.kind)}"
    yield _line("path", draft.path, _of_path(draft))
    if draft.files.form in ("delta", "iceberg"):
        yield _line("format", draft.files.form)
    elif draft.is_log and not draft.path.rstrip("*").endswith((".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")):
        yield _line("format", "jsonl")
    if draft.composed is not None:
        yield _line("name", draft.composed)
    if draft.ready is not None:
        yield _line("ready", draft.ready)
    for key in ("event_ts", "entity", "target"):
        value = getattr(draft, key)
        if value is not None:
            yield _line(key, value)
    if draft.age is not None:
        yield (
            _line("freshness", draft.age.limit, draft.age.comment)
            if draft.age.limit is not None and not draft.is_log
            else _comment(draft.age.comment)
            if draft.age.limit is None
            else f"serving.max_staleness_minutes = {_minutes(draft.age.limit)}".ljust(_WIDTH)
            + f"  # {safe(draft.age.comment)}"
        )
    if draft.excluded:
        said = f"drift.excluded = [{', '.join(map(toml, draft.excluded))}]"
        yield f"{said.ljust(_WIDTH)}  # each version has values of its own there"
    if draft.log is not None:
        if draft.log.kind == "requests":
            yield _line("records", "requests")
        for field in draft.log.fields:
            said = _line(f"fields.{field.ours}", field.theirs, field.comment)
            yield f"# {said}" if field.commented else said
        if draft.log.window is not None:
            yield _line("window", draft.log.window, "the distance of two records")
    for target in draft.targets:
        if draft.target is None:
            yield _comment(f"target = {toml(target)}  not taken: only you know what models learn")
    yield from map(_comment, draft.remarks)


def _of_path(draft: SourceDraft) -> str:
    if draft.is_log or "{version" not in draft.path:
        return ""
    if draft.files.split_at() is None or "{version:semver}" in draft.path or "{version}" in draft.path:
        return "each version is judged against the one before"
    return "each is judged against the one before; {date:…} instead: all are one table"


def _line(key: str, value: str, comment: str = "") -> str:
    said = f"{key} = {toml(value)}"
    return f"{said.ljust(_WIDTH)}  # {safe(comment)}" if comment else said


def _comment(text: str) -> str:
    """Return a suggestion: what would be the line, and behind two blanks why it is none."""
    line, _, why = safe(text).partition("  ")
    return f"# {line.ljust(_WIDTH - 2)}  # {why}" if why else f"# {line}"


def _minutes(duration: str) -> int:
    from pytest_mlmonitor.core.text.durations import parse_duration

    return int(parse_duration(duration) // 60)


def _pattern(family: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", family)


def toml(text: str) -> str:
    r"""Return a TOML string: a basic one has JSON's escapes.

    >>> print(toml('a"b'), toml("dt={version:%Y}"))
    "a\"b" "dt={version:%Y}"
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
