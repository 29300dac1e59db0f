"""``mlmonitor lineage``: what an artifact came from, and what came from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pytest_mlmonitor.commands.answer import print_json
from pytest_mlmonitor.commands.described.artifact_facts import files_of
from pytest_mlmonitor.commands.graph.lineage_chain import LineageChain, newest_first
from pytest_mlmonitor.commands.roots import (
    BadInput,
    evaluation_time,
    existing,
    platform_at,
    refuse_url,
    settings_of,
)
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.selectors import Selector
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.near import alike
from pytest_mlmonitor.core.text.words import count, listing
from pytest_mlmonitor.kinds import Platform

_SHOWN = 10
"""Artifacts of different families that one name may mean."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("lineage")(lineage)


def lineage(
    artifact: Annotated[str, typer.Argument(help="[kind:]NAME[@VERSION], or a file of the artifact")],
    root: Annotated[
        list[Path] | None,
        typer.Option("--root", metavar="DIR", help="where the artifacts are (default: the policy's `artifacts`)"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json/--text", help="JSON, or lines to read")] = False,
    now: Annotated[
        str | None, typer.Option("--now", metavar="ISO", help="evaluate at this time instead of now")
    ] = None,
) -> None:
    """Print what an artifact came from, and what came from it: data, training runs, deployments, registries."""
    if not artifact.strip():
        raise PolicyError("ARTIFACT is empty: expected [kind:]NAME[@VERSION], or a file")
    platform = _platform(artifact, root or [], now)
    found = _found(platform, artifact)
    chain = LineageChain(platform)
    families: dict[tuple[str, Any], list[Any]] = {}
    for one in found:
        family = platform.kinds[one.ref.kind].family(one) or one.ref.name
        members = families.setdefault((one.ref.kind, family), [])
        if chain.account(one) not in map(chain.account, members):  # several documents may describe one run
            members.append(one)
    chosen = [newest_first(platform, members) for members in families.values()]
    if as_json:
        print_json([chain.to_json(members[0]) for members in chosen])
        return
    for number, members in enumerate(chosen[:_SHOWN]):
        if number:
            print()
        for line in chain.to_lines(members[0]):
            print(line)
        if len(members) > 1:
            print(f"  {count(len(members) - 1, 'older version')}: name one with NAME@VERSION")
    if len(chosen) > _SHOWN:
        print(f"\n… and {count(len(chosen) - _SHOWN, 'artifact')} more of that name: kind:NAME says which")


def _platform(artifact: str, roots: Sequence[Path], now: str | None) -> Platform:
    """Return the platform to look in: the roots that are named, else the policy's, else what is around the file."""
    if roots:
        named = [existing(root) for root in roots]
        return Platform.of_policy(named, settings_of(named), evaluation_time(now))
    settings = settings_of()
    declared = [Path(one) for one in settings.artifacts or ()]
    for one in declared:
        refuse_url(one, "")
    path = Path(artifact)
    if path.exists() and not any(path.resolve().is_relative_to(one.resolve()) for one in declared):
        return platform_at(path, now)[0]
    if not declared:
        raise PolicyError("nothing says where the artifacts are: name the directory with --root DIR")
    return Platform.of_policy([existing(one) for one in declared], settings, evaluation_time(now))


def _found(platform: Platform, text: str) -> list[Any]:
    """Return the artifacts that a text means: of a file, or of a name.

    Raises:
        BadInput: there is none; the message has names that are near.
    """
    path = Path(text)
    if path.exists():
        wanted = path.resolve()
        at = [
            one
            for ref, one in platform.artifacts
            if platform.kinds[ref.kind].covers(wanted, ref)
            or (not wanted.is_dir() and wanted in files_of(ref, one, platform.found_as.get(ref)))
        ]
        if at:
            return at
    try:
        selector = Selector.parse(text)
    except ValueError as error:
        raise PolicyError(f"{quoted(text)}: {error}") from None
    named = [(one, platform.identity(ref, one)) for ref, one in platform.artifacts]
    found = [one for one, identity in named if selector.matches(identity)]
    if not found:
        places = listing([shown(root) for root in platform.roots], 2)
        names = {name for _, identity in named for name in identity.names}
        near = alike(selector.name, sorted(names))
        hint = f"; near names: {listing([bare(one, 60) for one in near], 3)}" if near else ""
        raise BadInput(f"{bare(text, 120)}: no such artifact under {places}{hint}")
    return found
