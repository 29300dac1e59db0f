"""Which root, policy and time a command works with, and input that it refuses."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pytest_mlmonitor.core.adapter import Reading
from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef
from pytest_mlmonitor.core.discover import Discovery
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.mirror.remote_root import without_credentials
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.outlets.secret_values import secret_values
from pytest_mlmonitor.core.policy.places import (
    PolicyError,
    is_url,
    policy_file,
    policy_table,
    roots_of,
    roots_of_environment,
)
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.redaction import conceal
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.datasets.adapters import embedded, sidecar
from pytest_mlmonitor.datasets.kind import DATASET
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.front_door import is_anchor, root_of, serving_tree
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.training.anchors import BUNDLE_FILES

MetadataPath = Annotated[
    Path, typer.Option("--metadata-path", help="the metadata document (or the artifact that carries it)")
]

TREE_DIRECTORIES = ("p2", "p4", "p5")
"""What the platform calls the directories directly below an artifact root, and nobody else calls any."""


class BadInput(Exception):
    """The input is wrong; the message is one line that names the file."""


def settings_of(roots: Sequence[Path] = ()) -> Settings:
    """Return the policy of the project around the current directory.

    Raises:
        PolicyError: it cannot be used, or lies inside one of ``roots``, whose writer could then choose it.
    """
    return policy_around(roots)[0]


def policy_around(roots: Sequence[Path] = ()) -> tuple[Settings, Path | None]:
    """Return the policy of the project around the current directory, and the file that it is written in; None without one.

    Raises:
        PolicyError: it cannot be used, or lies inside one of ``roots``, whose writer could then choose it.
    """
    directory = Path.cwd()
    around = [
        one
        for one in (directory, *directory.parents)
        if (one / "pyproject.toml").is_file() or (one / "mlmonitor.toml").is_file()
    ]
    file = policy_file(around[0]) if around else None
    if file is None:
        return _concealing(load()), None
    named = [Path(one).resolve() for one in roots_of_environment(os.environ)]
    known = [*roots, *named, *(root for one in around[1:] for root in _declared(one))]
    inside = any(file.resolve().is_relative_to(root) for root in known)
    for root in roots:  # whoever named its root has said where the artifacts begin
        inside |= not any(map(root.is_relative_to, named)) and in_one_tree(around[0].resolve(), root)
    if inside:
        raise PolicyError(
            f"unsafe: the policy {file} lies inside the artifact root, where whoever writes artifacts can change it; "
            "start where your own policy is, or say where the artifacts begin: MLMONITOR_ARTIFACTS=DIR"
        )
    return _concealing(load(file)), file


def _concealing(settings: Settings) -> Settings:
    """Take the secrets that a policy names out of whatever the command shows and writes."""
    conceal(secret_values(settings, os.environ))
    return settings


def _declared(directory: Path) -> list[Path]:
    """Return the roots that the policy in a directory declares; a broken one declares none."""
    with suppress(PolicyError, OSError):
        file = policy_file(directory)
        return [Path(one).resolve() for one in roots_of(policy_table(file))] if file is not None else []
    return []


def in_one_tree(directory: Path, root: Path) -> bool:
    """Return whether a directory lies in an artifact tree with ``root``, or is the tree: ``p2/``, ``p4/`` and so on in one place.

    A command names one document, and nobody says where the tree begins that it lies in.
    """
    tree = Path(os.path.commonpath([directory, root]))
    below, beside = root.relative_to(tree).parts, directory.relative_to(tree).parts
    return bool(below) and below[0] in TREE_DIRECTORIES and (not beside or beside[0] in TREE_DIRECTORIES)


def settings_beside(path: Path) -> Settings:
    """Return the policy for one metadata document: never one that lies where its writer writes.

    Raises:
        BadInput: nothing is there.
        PolicyError: see :func:`settings_of`.
    """
    resolved = existing(path)
    return settings_of([ref_of("", resolved / "metadata.json" if resolved.is_dir() else resolved).root])


def evaluation_time(text: str | None) -> datetime:
    """Return the time of ``--now``, or now.

    Raises:
        PolicyError: it is no time.
    """
    try:
        return parse_timestamp(text) if text else datetime.now(UTC)
    except ValueError as error:
        raise PolicyError(f"--now {error}") from None


def existing(path: Path) -> Path:
    """Return the path, absolute and without links.

    Raises:
        BadInput: nothing is there, or it is a URL.
    """
    refuse_url(path)
    if not path.exists():
        raise BadInput(f"{path}: does not exist")
    return path.resolve()


def refuse_url(path: Path, judged: str = "; `mlmonitor run {url}` checks it") -> None:
    """Raise ``BadInput`` where a path is a URL, which only a run reads, and say what to do.

    Raises:
        BadInput: it is one.
    """
    if is_url(str(path)):
        url = without_credentials(str(path).replace(":/", "://", 1))  # a path has one slash of two
        raise BadInput(
            f"{url}: is a URL, and this command reads files: copy some versions to a directory first, and name that"
            + judged.format(url=url)
        )


def ref_of(kind: str, path: Path) -> ArtifactRef:
    """Return a reference to a file that was named rather than discovered; a bundle's root is the directory above the bundle."""
    root = path.parent.parent if path.name == "metadata.json" else path.parent
    return ArtifactRef(kind, path, path.stem, root)


def _declared_around(path: Path) -> Path | None:
    """Return the root of the policy that a path lies in, where sources are declared: theirs begin there."""
    with suppress(PolicyError):
        settings = settings_of()
        declared = [Path(one).resolve() for one in settings.artifacts] if settings.source else []
        return next((one for one in declared if path.is_relative_to(one)), None)
    return None


def dataset_at(path: Path, settings: Settings) -> Dataset:
    """Read the dataset of a metadata document, or of a parquet file that carries its metadata.

    Raises:
        BadInput: nothing is there, or it is not sound.
    """
    resolved = existing(path)
    ref = ref_of(DATASET.name, resolved)
    if resolved.suffix == ".parquet":
        dataset = embedded.read(ref, Reading(Platform((), settings), Discovery(ref.root)))
    else:
        dataset = sidecar.read(ref)
    refuse_broken(dataset, path, ignore=("path",))
    return dataset


def refuse_broken(artifact: Artifact, path: Path, ignore: tuple[str, ...] = ()) -> None:
    """Stop at the first error: a command works with sound metadata only; pytest lists every finding.

    Raises:
        BadInput: there is an error; the message is the first, and how many more there are.
    """
    errors: list[Finding] = [
        f
        for f in (*artifact.unreadable, *artifact.violations)
        if f.severity >= Severity.ERROR and f.column not in ignore
    ]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise BadInput(f"{errors[0].location or path}: {errors[0].message}{more}")


def platform_at(path: Path, now: str | None) -> tuple[Platform, Path]:
    """Return the platform around ``path``: a directory is its own root, a file's root is the directory it belongs to.

    Where sources are declared, the root is the one of the policy around it.

    A file whose name says nothing may be what a contract speaks of: its root is the one of the policy that holds it.

    Raises:
        BadInput: nothing is there, or it is no file that an artifact is recognised by.
        PolicyError: see :func:`settings_of` and :func:`evaluation_time`.
    """
    resolved = existing(path)
    tree = serving_tree(resolved) if resolved.is_dir() else None
    root = _declared_around(resolved) or tree or resolved
    if not resolved.is_dir() and root == resolved:
        root = root_of(resolved)
        if resolved.name not in BUNDLE_FILES and not is_anchor(resolved.name, resolved.parent.name):
            declared = [Path(one).resolve() for one in settings_of().artifacts or ()]
            root = next((one for one in declared if resolved.is_relative_to(one)), resolved)
        if root == resolved:
            raise BadInput(f"{path}: not a file that an artifact is recognised by, and below no root of the policy")
    return Platform.of_policy([root], settings_of([root]), evaluation_time(now)), resolved
