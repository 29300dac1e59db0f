"""What init says it found: known formats, sources, and everything that it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_mlmonitor.commands.init.guesses.guessing import Guesses
from pytest_mlmonitor.commands.init.shapes.source_draft import SourceDraft
from pytest_mlmonitor.core.text.names import bare, safe
from pytest_mlmonitor.core.text.words import count, listing, within
from pytest_mlmonitor.outputs.alike import of_kind

_HOW = {
    "csv": "a CSV is not read; duckdb -c \"COPY (FROM 'IN') TO 'OUT.parquet'\" makes a table of it",
    "tsv": "a TSV is not read; duckdb -c \"COPY (FROM read_csv('IN')) TO 'OUT.parquet'\" makes a table of it",
}
_ROOM = 110


def found_lines(guesses: Guesses, directory: Path) -> Iterator[str]:
    """Yield the lines."""
    survey = guesses.survey
    more = f" (the paths of the first {len(survey.data):,} of them)" if survey.cut else ""
    yield f"looked at {count(survey.files, 'file')} below {safe(str(directory))}{more}"
    for known in survey.known:
        kinds = [of_kind(number, safe(kind)) for kind, number in known.kinds.items()]
        yield f"  {safe(known.place)}  read without declaration: {listing(kinds)}"
    for draft in guesses.drafts:
        yield f"  {safe(draft.path)}  {_of_draft(draft)}"
        for family in draft.families:
            look = guesses.looks.get(family)
            if look is not None and look.unread:
                yield f"    cannot be read: {safe(look.unread)}"
            if look is not None and look.skipped:
                example = "/".join(draft.families[family][-1].files[0])
                command = f"mlmonitor infer-contract {safe(str(directory / example))}"
                yield f"    {safe(family)} is too much to be read now: {command} writes its contract"
    yield from _left_alone(guesses)


def _of_draft(draft: SourceDraft) -> str:
    files = draft.files.files
    if draft.log is not None:
        what = (
            f"{count(len(files), 'file')} of JSON lines: {within([bare(name, 40) for name in draft.log.names], _ROOM)}"
        )
        return f"{what} -> {draft.kind}{' (requests)' if draft.log.kind == 'requests' else ''}"
    families = list(draft.families)
    noun = "file" if draft.files.form == "table" else f"{draft.files.form.capitalize()} table"
    said = f"{count(len(files), noun)}: {count(len(families), 'dataset')} ({within([bare(f, 40) for f in families], _ROOM)})"
    versions = [version.text for one in draft.families.values() for version in one if version.text]
    if versions:
        most = max(len(one) for one in draft.families.values())
        texts = sorted(draft.families.values(), key=len)[-1]
        said += f", {count(most, 'version')} {bare(texts[0].text)}"
        if most > 1:
            said += f" .. {bare(texts[-1].text)}"
    return said


def _left_alone(guesses: Guesses) -> Iterator[str]:
    survey = guesses.survey
    if survey.spare:
        yield f"  left alone: {count(len(survey.spare), 'unfinished or spare file')}: {_some(survey.spare)}"
    if guesses.refused:
        words = "whose names no path template can take"
        yield f"  left alone: {count(len(guesses.refused), 'file')} {words}: {_some(guesses.refused)}"
    for path, names, missing in guesses.unknown_logs:
        fields = within([bare(name, 40) for name in names], _ROOM)
        has = f"JSON lines with {fields}; " if names else ""
        yield f"  left alone: {safe(path)}: {has}{missing} (docs/sources.md says how to declare it)"
    if guesses.documents:
        number = sum(number for _, number in guesses.documents)
        what = "that nothing known is read from; of training runs? declare a source of that kind (docs/sources.md)"
        yield f"  left alone: {count(number, 'JSON document')} {what}: {_some([path for path, _ in guesses.documents])}"
    for ending, paths in sorted(survey.other.items()):
        how = _HOW.get(ending, f".{ending} is not read")
        yield f"  not read: {count(len(paths), f'.{ending} file')}: {_some(paths)}; {how}"


def _some(paths: Sequence[str]) -> str:
    return within([bare(path, 80) for path in paths], _ROOM)
