"""The words of a chain of links, as far as it leads."""

from __future__ import annotations

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.datasets.views import Datasets


def dangling_dataset(platform: Artifacts, chain: str, name: str, version: str, location: str) -> Finding:
    """Return the finding of a dataset that nobody holds: ``chain`` leads to it."""
    versions = [d.dataset_version for d in platform.view(Datasets).named(name) if d.dataset_version]
    if versions:
        column, why = "input_dataset_version", f"not found; that dataset has the version {listing(versions, 3)}"
    else:
        column, why = "input_dataset_name, input_dataset_version", f"not found under {roots_in_words(platform)}"
    return Finding(
        Severity.ERROR,
        f"{chain} → dataset {bare(name, 60)}@{bare(version, 40)} ({column}: {why})",
        "a dataset under the roots",
        f"{name} {version}",
        column,
        location,
        short=f"{bare(name, 40)}@{bare(version, 20)} is no dataset here",
    )


def roots_in_words(platform: Artifacts) -> str:
    """Return the roots of a run, the first two by name."""
    return listing([shown(root) for root in platform.roots], 2)
