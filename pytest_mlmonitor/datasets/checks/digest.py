"""Digests that documents say of a dataset's files, held against the files (specification 2.9, 8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.known_by import digest_form
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.datasets.model import Dataset, place_of
from pytest_mlmonitor.links.identities.digests import FORMS, Digests
from pytest_mlmonitor.tables.source.listed.table_files import files_meant


@check(
    "dataset",
    category="reconcile",
    applies=lambda dataset: dataset.says("digest") and dataset.source is not None,
    action="Restore the file, or write its digest anew",
)
def digest(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The files have the digests that documents beside them say: md5, sha1, sha256 or sha512."""
    said = {form: text for text in dataset.digests if (form := digest_form(text)) is not None and form[0] in FORMS}
    if not dataset.digests:
        raise NotChecked("digest is missing, or no text")
    if not said:
        known = listing(dataset.digests, 2)
        raise NotChecked(
            f"digest says {quoted(known)}, which is none of {', '.join(FORMS)}: it is compared with links only"
        )
    path = dataset.file
    files = files_meant(path) or (Path(path),)
    if path.is_dir() and not files_meant(path):
        raise NotChecked("the digest is of one file, and this table is a directory with a log")
    if len(files) > 1 and len(said) == 1:
        raise NotChecked(
            f'the digest is of one file, and this table has {len(files)}: say fields.digest = "files[*].sha256"'
        )
    forms = sorted({form for form, _ in said})
    for file in files:
        found = {(form, value) for form in forms if (value := context.link(Digests).of(file, form)) is not None}
        if found and found.isdisjoint(said):
            there = ", ".join(f"{form}:{value}" for form, value in sorted(found))
            wanted = listing(list(said.values()), 2)
            name = "" if len(files) == 1 else f" of {bare(file.name)}"
            message = f"digest says {bare(wanted, 120)}, but that{name or ' of the file'} is {there}: it was changed or replaced"
            expected = f"{shown(file)} as it was written"
            yield Finding(Severity.ERROR, message, expected, there, "digest", place_of(dataset))
