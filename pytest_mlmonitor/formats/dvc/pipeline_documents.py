"""Reading ``dvc.lock``, ``dvc.yaml`` and pointers; never raises on bad data, and opens nothing that they name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, safe, shown
from pytest_mlmonitor.formats.dvc.directory_lists import digest_of_list
from pytest_mlmonitor.formats.dvc.lock_entries import DeclaredStage, Lock, LockedFile, LockedStage, Pipeline
from pytest_mlmonitor.tables.odcs.yaml import MAX_BYTES, KeyPath, NotYaml, lines_of, parse_mapping

_SCHEMA = "2.0"
_TEXT = ("schema", "md5", "path", "hash")
"""Keys whose values are text, also where they look like a number."""

_CONFLICT = re.compile(rb"^(?:<{7}|>{7}|\|{7}) ", re.MULTILINE)
_MD5 = re.compile(r"[0-9a-f]{32}(?:\.dir)?")


@dataclass(frozen=True)
class _Yaml:
    """A document and what is found wrong with it."""

    path: Path
    content: bytes
    data: dict[str, Any]
    problems: list[Finding] = field(default_factory=list)

    def where(self, *at: str | int) -> str:
        """Return ``file:line`` of what stands at a path of keys, or of what is nearest around it."""
        for end in range(len(at), 0, -1):
            if at[:end] in self._lines:
                return f"{shown(self.path)}:{self._lines[at[:end]]}"
        return f"{shown(self.path)}:1"

    def wrong(self, message: str, expected: str, actual: object, *at: str | int) -> None:
        """Note an error."""
        column = ".".join(map(str, at))
        found = Finding(Severity.ERROR, message, expected, quoted(actual), safe(column), self.where(*at))
        self.problems.append(found)

    @cached_property
    def _lines(self) -> dict[KeyPath, int]:
        return lines_of(self.content)


def read_lock(path: Path) -> Lock:
    """Read a ``dvc.lock`` of either schema."""
    document = _opened(path)
    if isinstance(document, Finding):
        return Lock(unreadable=(document,))
    data = document.data
    prefix: tuple[str, ...] = ()
    stages: Any = data
    if "stages" in data or "schema" in data:
        prefix, stages = ("stages",), data.get("stages") or {}
        if str(data.get("schema")) != _SCHEMA:
            message = f"schema is {quoted(data.get('schema'))}, which is not known: read as {_SCHEMA}"
            found = Finding(
                Severity.WARNING, message, _SCHEMA, quoted(data.get("schema")), "schema", document.where("schema")
            )
            document.problems.append(found)
    if not isinstance(stages, dict):
        document.wrong("stages is no mapping of stages", "a mapping", stages, *prefix)
        stages = {}
    found_stages = tuple(_stage(document, str(name), stage, (*prefix, str(name))) for name, stage in stages.items())
    return Lock(found_stages, tuple(document.problems))


def read_pointer(path: Path) -> Lock:
    """Read a ``*.dvc``: what one tracked file or directory held."""
    document = _opened(path)
    if isinstance(document, Finding):
        return Lock(unreadable=(document,))
    return Lock((_stage(document, "", document.data, ()),), tuple(document.problems))


def read_pipeline(path: Path) -> Pipeline:
    """Read a ``dvc.yaml``; there need not be one."""
    if not os.path.lexists(path):
        return Pipeline()
    document = _opened(path)
    if isinstance(document, Finding):
        return Pipeline(there=True, unreadable=(document,))
    stages = document.data.get("stages")
    found = {}
    for name, stage in stages.items() if isinstance(stages, dict) else ():
        if isinstance(stage, dict):
            found[str(name)] = _declared(document, str(name), stage)
    return Pipeline(found, tuple(_paths(document.data.get("metrics"))), there=True)


def _opened(path: Path) -> _Yaml | Finding:
    line: int | None = None
    try:
        content = read_bytes(path, MAX_BYTES)
        conflict = _CONFLICT.search(content)
        if conflict is None:
            return _Yaml(path, content, parse_mapping(content, _TEXT))
        words = "holds the markers of a merge that was not finished: merge it, and run dvc repro"
        line = content.count(b"\n", 0, conflict.start()) + 1
    except Refused as refusal:
        words = str(refusal)
    except NotYaml as error:
        words, line = str(error), error.line
    place = shown(path) if line is None else f"{shown(path)}:{line}"
    return Finding(Severity.ERROR, f"{path.name} {safe(words)}", "a YAML mapping in UTF-8", None, None, place)


def _stage(document: _Yaml, name: str, stage: Any, at: tuple[str, ...]) -> LockedStage:
    if not isinstance(stage, dict):
        document.wrong(f"the stage {quoted(name)} is no mapping", "cmd, deps, outs", stage, *at)
        return LockedStage(name, location=document.where(*at))
    params, folder = stage.get("params"), stage.get("wdir")
    return LockedStage(
        name,
        _command(stage.get("cmd")),
        tuple(_files(document, stage.get("deps"), (*at, "deps"))),
        tuple(_files(document, stage.get("outs"), (*at, "outs"))),
        {str(file): values for file, values in params.items() if isinstance(values, dict)}
        if isinstance(params, dict)
        else {},
        folder if at == () and isinstance(folder, str) else ".",
        stage.get("frozen") is True,
        document.where(*at),
    )


def _files(document: _Yaml, entries: Any, at: tuple[str, ...]) -> Iterator[LockedFile]:
    if entries is None:
        return
    if not isinstance(entries, list):
        document.wrong(f"{'.'.join(at)} is no list", "a list of files", entries, *at)
        return
    for i, entry in enumerate(entries):
        place: tuple[str | int, ...] = (*at, i)
        path = entry.get("path") if isinstance(entry, dict) else None
        if not isinstance(path, str) or not path.strip():
            document.wrong(f"{'.'.join(at)}[{i}] names no path", "path, md5, size", entry, *place)
            continue
        if "repo" in entry:
            continue  # it lies in another repository
        md5 = entry.get("md5")
        if md5 is not None and (not isinstance(md5, str) or _MD5.fullmatch(md5) is None):
            document.wrong(
                f"md5 of {quoted(path)} is {quoted(md5)}: expected 32 hexadecimal digits", "an md5", md5, *place, "md5"
            )
            md5 = None
        if md5 is None:
            md5 = _of_versions(entry.get("files"))
        size, count = entry.get("size"), entry.get("nfiles")
        yield LockedFile(
            path,
            md5,
            size if isinstance(size, int) else None,
            count if isinstance(count, int) else None,
            entry.get("hash") is not None or "files" in entry,
            document.where(*place, "path"),
        )


def _of_versions(files: Any) -> str | None:
    """Return the digest of a directory whose files are listed one by one, as they are where a remote keeps their versions."""
    listed = {}
    for file in files if isinstance(files, list) else ():
        name, md5 = (file.get("relpath"), file.get("md5")) if isinstance(file, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(md5, str) or _MD5.fullmatch(md5) is None:
            return None
        listed[name] = md5
    return digest_of_list(listed) if listed else None


def _declared(document: _Yaml, name: str, stage: Mapping[str, Any]) -> DeclaredStage:
    inside = stage.get("do")
    several = "foreach" in stage or "matrix" in stage
    body = inside if isinstance(inside, dict) else stage
    command, folder = _command(body.get("cmd")), body.get("wdir")
    return DeclaredStage(
        name,
        command if command is not None and "${" not in command else None,
        folder if isinstance(folder, str) else ".",
        tuple(_paths(body.get("metrics"))),
        tuple(_paths(body.get("plots"))),
        several,
        body.get("frozen") is True,
        document.where("stages", name),
    )


def _command(said: Any) -> str | None:
    """Return a command in one form: DVC takes a list of them, too."""
    if isinstance(said, list) and all(isinstance(one, str) for one in said):
        return "\n".join(said)
    return said if isinstance(said, str) else None


def _paths(entries: Any) -> Iterator[str]:
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict):
            yield from (path for path in entry if isinstance(path, str))
