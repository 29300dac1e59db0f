"""What the policy says of columns: each that it leaves out of drift is one that some dataset has."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.near import did_you_mean
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.policies.model import PolicyFile
from pytest_mlmonitor.tables.reader.client import TableReader


def _excludes(_: PolicyFile, context: Context) -> bool:
    settings = context.platform.settings
    return bool(settings.drift.excluded or any(one.drift and one.drift.excluded for one in settings.overrides))


@check("policy", category="contract", applies=_excludes, action="Correct the name in drift.excluded, or remove it")
def columns_hold(file: PolicyFile, context: Context) -> Iterator[Finding]:
    """Every column that ``drift.excluded`` leaves out is one of a dataset that it is said of."""
    reader = context.view(TableReader)
    there: dict[str, set[str]] = {}  # by name that is left out: the columns of the datasets that it is said of
    holders: dict[str, int] = {}
    for dataset in context.platform.of_kind("dataset"):
        excluded = context.platform.settings_of(dataset.ref, dataset).drift.excluded
        if not excluded:
            continue
        try:
            columns = set(reader.types(dataset.file))
        except NotChecked:  # what cannot be read may have any column
            columns = set(excluded)
        for name in excluded:
            there.setdefault(name, set()).update(columns)
            holders[name] = holders.get(name, 0) + 1
    for name, columns in there.items():
        if name not in columns:
            of = f"none of {count(holders[name], 'dataset')} has" if holders[name] > 1 else "the only dataset lacks"
            message = f"drift.excluded names {quoted(name)}, which {of}{did_you_mean(name, sorted(columns))}"
            expected = "a column of a dataset"
            place, keys = shown(file.ref.path), ("drift.excluded",)
            yield Finding(Severity.WARNING, message, expected, quoted(name), "drift.excluded", place, keys=keys)
