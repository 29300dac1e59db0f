"""Files of any system become plain records; what is none is said with its place, and hides nothing else."""

from __future__ import annotations

import gzip
import json
import resource
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.decoder import DecodedRecord, Decoder, Undecoded
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.formats.decoders import decoder_for
from pytest_mlmonitor.formats.json_lines import MAX_LINE_BYTES, json_lines


def read(path: Path, content: bytes | str, rows: str | None = None, form: str | None = None) -> list[Any]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    decoder = decoder_for(path.name, form)
    assert decoder is not None
    return list(decoder.records(path, rows))


def values(found: list[Any]) -> list[Any]:
    return [one.values for one in found if isinstance(one, DecodedRecord)]


def words(found: list[Any]) -> list[str]:
    return [f"{one.place} {one.words}" for one in found if isinstance(one, Undecoded)]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("gateway.jsonl", "jsonl"),
        ("gateway.ndjson.gz", "jsonl"),
        ("data.0.log", "jsonl"),
        ("data.0.log.2026-11-26", "jsonl"),
        ("gateway.jsonl.1", "jsonl"),
        ("gateway.jsonl-20260426.gz", "jsonl"),
        ("access+0+0000000000.json", "json"),
        ("RUN.JSON", "json"),
        ("params.yml", "yaml"),
        ("conf.toml", "toml"),
        ("data.csv", None),
        ("data.jsonlx", None),
        ("notes.log.txt", None),
    ],
)
def test_a_file_is_known_by_its_suffix_behind_which_rotation_is_seen_through(name: str, form: str | None) -> None:
    found = decoder_for(name)
    assert (found.name if found else None) == form


def test_a_decoder_of_ones_own_goes_before_and_only_has_to_yield_mappings(tmp_path: Path) -> None:
    def pipes(path: Path) -> Any:
        for line in path.read_text().splitlines():
            yield dict(zip(("svc", "n"), line.split("|"), strict=True))

    mine = Decoder("pipes", (".log",), pipes)
    (tmp_path / "a.log").write_text("churn|7\nfraud|8|9\n")
    found = list(decoder_for("a.log", None, [mine]).records(tmp_path / "a.log"))  # type: ignore[union-attr]
    assert values(found) == [{"svc": "churn", "n": "7"}]
    assert words(found) == [
        " is not read by the decoder pipes: ValueError: 'zip() argument 2 is longer than argument 1'"
    ]
    assert decoder_for("a.log", "pipes", [mine]) is mine and decoder_for("a.log", "pipe", [mine]) is None


def test_lines_of_any_writer_are_read_and_bad_ones_are_named(tmp_path: Path) -> None:
    found = read(tmp_path / "a.jsonl", b'\xef\xbb\xbf{"a":1}\r\n\n{"p":NaN}\n{"k":1,"k":2}\nnope\n[1]\n{"a":2}\n{"cut')
    assert [str(one) for one in values(found)] == ["{'a': 1}", "{'p': nan}", "{'a': 2}"]
    assert words(found) == [
        ":4 has the key 'k' twice",
        ":5 is not JSON: expecting value at column 1",
        ":6 is a list; expected one JSON object",
        ":8 is cut short: unterminated string at column 2; expected a JSON object; it is the last line, and not ended yet",
    ]
    assert found[-1].severity == Severity.WARNING  # somebody is still writing it
    assert found[-1].finding(tmp_path / "a.jsonl").location.endswith("a.jsonl:8")


def test_objects_that_follow_one_another_on_a_line_are_records(tmp_path: Path) -> None:
    found = read(tmp_path / "firehose-1-2026-11-27-10-00", '{"a":1}{"a":{"b":"}{"}} {"a":3}', form="jsonl")
    assert values(found) == [{"a": 1}, {"a": {"b": "}{"}}, {"a": 3}]


def test_compressed_files_are_known_by_what_they_hold(tmp_path: Path) -> None:
    members = gzip.compress(b'{"a":1}\n{"a"') + gzip.compress(b":2}\n") + bytes(512)
    assert values(read(tmp_path / "a.jsonl", members)) == [{"a": 1}, {"a": 2}]
    cut = read(tmp_path / "b.jsonl.gz", gzip.compress(b'{"a":1}\n' * 3 + bytes(range(256)))[:-150])
    assert words(cut)[-1].strip() == "is cut short: its compressed data do not end"
    assert "other bytes after" in words(read(tmp_path / "c.jsonl.gz", gzip.compress(b"{}\n") + b"tail"))[0]


def test_a_bomb_and_a_line_without_end_are_passed_over_without_being_held(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(1 << 20) * 200, 9)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = read(tmp_path / "a.jsonl.gz", bomb)
    assert "times its size" in words(found)[-1]
    long = b'{"a":"' + b"x" * (3 * MAX_LINE_BYTES) + b'"}\n{"b":1}\n'
    found = read(tmp_path / "b.jsonl", long)
    assert words(found) == [":1 is longer than 16 MiB"] and values(found) == [{"b": 1}]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 << 10


def test_deep_nesting_is_no_crash(tmp_path: Path) -> None:
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    assert "nested too deeply" in words(read(tmp_path / "a.jsonl", deep + b"\n"))[0]
    assert "nested too deeply" in words(read(tmp_path / "a.json", deep))[0]
    assert words(read(tmp_path / "a.yaml", b"[" * 5000))
    assert words(read(tmp_path / "a.toml", b"a = " + b"[" * 100_000))


def test_a_document_gives_the_records_of_its_list(tmp_path: Path) -> None:
    document = '{"meta": 1,\n "runs.all": [{"a": 1}],\n "data": {"rows": [{"a": 1}, 2, {"a": 3}]}}'
    found = read(tmp_path / "a.json", document, rows="data.rows")
    assert values(found) == [{"a": 1}, {"a": 3}] and words(found) == ["[1] is no object"]
    assert [one.place for one in found] == ["[0]", "[1]", "[2]"]
    assert values(read(tmp_path / "a.json", document, rows="runs.all")) == [{"a": 1}]
    assert words(read(tmp_path / "a.json", document, rows="data.row")) == [
        " has no list at rows = 'data.row'; it has 'rows'"
    ]
    assert words(read(tmp_path / "a.json", document, rows="meta")) == [" holds neither a list nor an object at meta"]
    assert values(read(tmp_path / "b.json", '\n[{"a": 1}]')) == [{"a": 1}]
    assert len(values(read(tmp_path / "c.json", document))) == 1


def test_lines_under_the_name_of_a_document_are_lines(tmp_path: Path) -> None:
    found = read(tmp_path / "access+0+0.json", '{"a":1}\n{"a":2}\n{"a"')
    assert values(found) == [{"a": 1}, {"a": 2}] and [one.place for one in found] == [":1", ":2", ":3"]
    assert values(read(tmp_path / "one.json", '{"a":1}\n')) == [{"a": 1}]
    assert words(read(tmp_path / "a.jsonl", '{\n"a": 1\n}\n')) == [
        ' is one JSON document over several lines: say format = "json"'
    ]


def test_yaml_and_toml_are_read_as_json_would_say_them(tmp_path: Path) -> None:
    assert values(read(tmp_path / "a.yaml", "at: 2026-11-27\nn: 3\non: yes\n")) == [
        {"at": "2026-11-27", "n": 3, "on": "yes"}
    ]
    assert values(read(tmp_path / "a.toml", "at = 2026-11-27\nn = 3\n[[x]]\ny=1\n")) == [
        {"at": "2026-11-27", "n": 3, "x": [{"y": 1}]}
    ]
    assert "is not TOML" in words(read(tmp_path / "a.toml", "a = "))[0]
    assert "is not YAML" in words(read(tmp_path / "a.yaml", "a: [1"))[0]
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert len(words(read(tmp_path / "a.yaml", bomb))) == 1


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "to").write_text("{}\n")
    (tmp_path / "a.jsonl").symlink_to(tmp_path / "to")
    assert "is a link" in words(list(json_lines(tmp_path / "a.jsonl")))[0]
    assert words(list(json_lines(tmp_path / "none.jsonl"))) == [" does not exist"]


@given(
    st.lists(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=20), max_size=4), max_size=30),
    st.integers(1, 64),
)
def test_lines_are_the_same_however_they_are_cut_into_blocks(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]], size: int
) -> None:
    path = tmp_path_factory.mktemp("lines") / "a.jsonl"
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pytest_mlmonitor.formats.json_lines._BLOCK", size)
        found = list(json_lines(path))
        path.write_bytes(gzip.compress(path.read_bytes()))
        assert list(json_lines(path)) == found
    assert values(found) == records and not words(found)
