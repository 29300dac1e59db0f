"""Annotations say one thing on one line to the service that reads them, whatever an artifact is called."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.record import JudgedArtifact
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.ci.annotations import (
    MAX_SHOWN,
    Annotation,
    annotations_of,
    place_in_repository,
    written,
)

TEXT = st.text(max_size=60) | st.sampled_from(["a]b;c,d:e", "100 %25", "x\n::error::y", "##vso[task.prependpath]/tmp"])


def judged(name: str, verdict: str, *, location: str | None = None) -> JudgedArtifact:
    severity = Severity.ERROR if verdict == "failed" else Severity.WARNING
    finding = Finding(severity, "built a day ago", location=location)
    ref = ArtifactRef("dataset", Path("/data/d.json"), name, Path("/data"))
    return JudgedArtifact(ref, verdict, finding, 1, "freshness", {verdict: ("freshness",)})  # type: ignore[arg-type, dict-item]


def read_by_github(line: str) -> tuple[str, dict[str, str], str]:
    """Return command, properties and message as the runner takes them out of a line."""
    match = re.fullmatch(r"::(\w+) ([^\n\r]*?)::([^\n\r]*)", line)
    assert match is not None, line
    command, properties, message = match.groups()

    def decoded(text: str, *, of_property: bool) -> str:
        codes = {"%0D": "\r", "%0A": "\n", **({"%3A": ":", "%2C": ","} if of_property else {}), "%25": "%"}
        for code, character in codes.items():
            text = text.replace(code, character)
        return text

    pairs = dict(pair.split("=", 1) for pair in properties.split(","))
    return command, {k: decoded(v, of_property=True) for k, v in pairs.items()}, decoded(message, of_property=False)


def read_by_azure(line: str) -> tuple[dict[str, str], str]:
    """Return properties and message as the agent takes them out of a line."""
    match = re.fullmatch(r"##vso\[task\.logissue ([^\]\n\r]*)\]([^\n\r]*)", line)
    assert match is not None, line
    codes = {"%3B": ";", "%5D": "]", "%0D": "\r", "%0A": "\n", "%AZP25": "%"}

    def decoded(text: str) -> str:
        for code, character in codes.items():
            text = text.replace(code, character)
        return text

    pairs = dict(pair.split("=", 1) for pair in match.group(1).split(";"))
    return {key: decoded(value) for key, value in pairs.items()}, decoded(match.group(2))


@given(TEXT, TEXT, st.none() | TEXT.filter(bool), st.none() | st.integers(1, 9))
def test_github_reads_what_was_meant(title: str, message: str, file: str | None, line: int | None) -> None:
    command, properties, told = read_by_github(written(Annotation("error", title, message, file, line), "github"))
    assert (command, told) == ("error", message)
    given_ = {"title": title, "file": file, "line": str(line) if line else None}
    assert properties == {key: value for key, value in given_.items() if value is not None}


@given(TEXT, TEXT, st.none() | TEXT.filter(bool), st.none() | st.integers(1, 9))
def test_azure_reads_what_was_meant(title: str, message: str, file: str | None, line: int | None) -> None:
    properties, told = read_by_azure(written(Annotation("warning", title, message, file, line), "azure"))
    assert told == f"{title}: {message}"
    given_ = {"type": "warning", "sourcepath": file, "linenumber": str(line) if line else None}
    assert properties == {key: value for key, value in given_.items() if value is not None}


@given(TEXT)
def test_nothing_that_is_printed_elsewhere_is_a_command(text: str) -> None:
    for line in safe(f"{text}::error::x##vso[y]##[z]").splitlines() or [""]:
        assert not line.lstrip().startswith("::")
        assert "##vso[" not in line.lower() and "##[" not in line


def test_errors_come_first_and_what_a_service_would_not_show_is_counted() -> None:
    many = [judged(f"d{i}", "failed") for i in range(13)] + [judged(f"w{i}", "warned") for i in range(11)]
    levels = [one.level for one in annotations_of(many)]
    assert levels == ["error"] * MAX_SHOWN + ["warning"] * MAX_SHOWN + ["notice"]
    assert list(annotations_of(many))[-1].message.startswith("3 artifacts more failed and 1 artifact more warned")
    assert list(annotations_of([judged("d", "ok")])) == []


def test_an_annotation_stands_at_the_line_of_a_file_of_the_repository() -> None:
    (one,) = annotations_of([judged("d", "failed", location="data/d.json:5")])
    assert (one.title, one.file, one.line) == ("dataset d · freshness", "data/d.json", 5)


@pytest.mark.parametrize("location", ["/lake/d.json:5", "../d.json:5", "s3://lake/d.json:5", "", None])
def test_what_lies_elsewhere_has_no_place_in_the_repository(location: str | None) -> None:
    assert place_in_repository(location) == (None, None)
