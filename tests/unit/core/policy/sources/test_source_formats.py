"""A source's format is one that its kind is read in; any other is a usage error that names those."""

from __future__ import annotations

import pytest

from pytest_mlmonitor.core.decoder import Decoder
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.sources.source_fields import DECODED, TABLES, refuse_unfit_fields
from pytest_mlmonitor.formats.decoders import built_in


def check(kind: str, form: str, *added: str) -> None:
    settings = Settings(source={"a": {"path": "x", "kind": kind, "format": form}})
    refuse_unfit_fields(settings, {}, [Decoder(name, (), lambda _: iter(())) for name in added])


def test_the_formats_are_those_that_are_decoded() -> None:
    assert set(DECODED) == {decoder.name for decoder in built_in()}


@pytest.mark.parametrize("form", TABLES)
def test_tables(form: str) -> None:
    check("dataset", form)


@pytest.mark.parametrize("form", [*DECODED, "parquet"])
def test_logs_of_predictions(form: str) -> None:
    check("predictions", form)


def test_a_format_that_a_plugin_adds() -> None:
    check("deployment", "avro", "avro")
    with pytest.raises(PolicyError, match=r"there is no such format; allowed: jsonl"):
        check("deployment", "avro")


@pytest.mark.parametrize(
    ("kind", "form", "words"),
    [
        ("dataset", "paruqet", "did you mean parquet?"),
        ("dataset", "jsonl", "is no format of a dataset"),
        ("deployment", "parquet", "is no format of a deployment"),
        ("training_run", "jsn", "did you mean json?"),
    ],
)
def test_another_format_is_refused(kind: str, form: str, words: str) -> None:
    with pytest.raises(PolicyError) as error:
        check(kind, form)
    assert words in str(error.value) and f"source.a.format = {form!r}" in str(error.value)


@pytest.mark.parametrize("chunk", ["6h", "30d", "2d"])
def test_versions_of_a_log_of_another_length_are_refused(chunk: str) -> None:
    settings = Settings(source={"a": {"path": "x", "kind": "predictions", "chunk": chunk}})
    with pytest.raises(PolicyError, match=r'source\.a\.chunk = .* are days or weeks; allowed: "1d", "7d"'):
        refuse_unfit_fields(settings, {})


@pytest.mark.parametrize(("kind", "chunk"), [("predictions", "1d"), ("predictions", "1w"), ("dataset", "6h")])
def test_versions_of_other_lengths(kind: str, chunk: str) -> None:
    refuse_unfit_fields(Settings(source={"a": {"path": "x", "kind": kind, "chunk": chunk}}), {})
