"""Contract files that nobody vouches for: refused with a line, in bounded time, and without running anything."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.odcs.document import OdcsError, read_odcs
from pytest_mlmonitor.tables.odcs.yaml import MAX_BYTES, NotYaml, lines_of, parse_mapping

GOOD = b"""\
kind: DataContract
apiVersion: v3.1.0
id: orders
version: 1.0.0
schema:
  - name: orders
    properties:
      - name: amount
        logicalType: number
        logicalTypeOptions: {minimum: 0}
        quality:
          - {metric: nullValues, mustBe: 0}
"""


def refusals(data: bytes) -> list[str]:
    """Return what is wrong with a contract; anything but an OdcsError is a failure of ours."""
    try:
        return [problem.message for problem in read_odcs(data, "contract.yaml").problems]
    except OdcsError as error:
        return [problem.message for problem in error.problems]


BOMB = "\n".join(f"k{i}: &k{i} [{', '.join([f'*k{i - 1}'] * 10) if i else '1'}]" for i in range(20)).encode()
MERGE_BOMB = b"a: &a {x: 1}\n" + b"".join(
    b"k%d: &k%d {<<: [%s]}\n" % (i, i, b", ".join([b"*k%d" % (i - 1) if i else b"*a"] * 20)) for i in range(20)
)


@pytest.mark.parametrize(
    ("data", "words", "line"),
    [
        (BOMB, "500,000 values", 7),
        (MERGE_BOMB, "500,000 values", None),
        (b"a: &a [*a]", "before it is complete", 1),
        (b"a: *nothing", "before it is complete", 1),
        (b"[" * 100_000, "deeper", 1),
        (b"- " * 100_000, "deeper", 1),
        (b"a: [" + b"{a: " * 200, "deeper", 1),
        (b"? " * 100_000, "no plain text", 1),
        (b"a: 1\nb:\n  c: 1\n  c: 2\n", "'c' twice", 4),
        (b"a: 1\n'a': 2\n", "'a' twice", 2),
        (b"a: {<<: {b: 1}, <<: {c: 1}}", "<< twice", 1),
        (b"a: {<<: [1]}", "no mapping", 1),
        (b"a: !!python/object/apply:os.system ['true']", "tag", 1),
        (b"a: !!str 1", "tag", 1),
        (b"!x {a: 1}", "tag", 1),
        (b"? !x a\n: 1", "no plain text", 1),
        (b"a: 1\n---\nb: 2\n", "more than one document", 2),
        (b"\xff\xfea\x00", "is UTF-16; expected UTF-8", 1),
        (b"a: 1\nb: \xff\n", "UTF-8", 2),
        (b"a: \x00", "not YAML", None),
        (b"a: [1, 2", "not YAML", None),
        (b"a: 1\n\tb: 2\n", "not YAML", 2),
        (b'a: "\\ud800"', "not YAML", 1),
        (b"", "empty", 1),
        (b"# nothing\n", "empty", 1),
        (b"- a\n", "a list", 1),
        (b"just text", "a single value", 1),
        (b"? [a]\n: 1", "no plain text", 1),
        (b"a: " + b"x" * MAX_BYTES, "larger", None),
        (b"[" + b"a," * 600_000, "500,000 values", None),
    ],
    ids=lambda value: value[:24].decode("ascii", "replace") if isinstance(value, bytes) else None,
)
def test_no_plain_yaml_is_refused_with_its_line(data: bytes, words: str, line: int | None) -> None:
    start = time.process_time()
    with pytest.raises(NotYaml, match=words) as caught:
        parse_mapping(data)
    assert line is None or caught.value.line == line
    assert time.process_time() - start < 3
    with pytest.raises(OdcsError) as refused:
        read_odcs(data, "contract.yaml")
    assert len(refused.value.problems) == 1


def test_scalars_follow_yaml_1_2() -> None:
    data = b"a: NO\nb: 1e5\nc: 2024-01-01\nd: 09:30\ne: on\nf: 0x1F\ng: '5'\nh: ~\ni: .inf\nj: -.Inf\n"
    data += b"k: true\nl: 012\nm: 1_000\nversion: 1.10\n"
    assert parse_mapping(data, {"version"}) == {
        "a": "NO", "b": 1e5, "c": "2024-01-01", "d": "09:30", "e": "on", "f": 31, "g": "5", "h": None,
        "i": float("inf"), "j": float("-inf"), "k": True, "l": 12, "m": "1_000", "version": "1.10",
    }  # fmt: skip


def test_aliases_and_merges_are_understood() -> None:
    data = b"a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: [*a, *a]\nd: {'<<': 1}\n"
    assert parse_mapping(data) == {
        "a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}, "c": [{"x": 1, "y": 2}] * 2, "d": {"<<": 1},
    }  # fmt: skip


def test_lines_of_keys_and_items() -> None:
    lines = lines_of(b"a: 1\nb:\n  - x: 1\n  - y: 2\n    z:\n      - 1\n")
    assert lines["b", 1, "z"] == 5 and lines["b", 1, "z", 0] == 6 and lines["a",] == 1


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text("abcxyz", min_size=1), VALUES, max_size=4), st.booleans())
def test_what_pyyaml_writes_is_read_back(value: dict[str, Any], flow: bool) -> None:
    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text_of(dumper: Any, text: str) -> Any:
        # PyYAML writes YAML 1.1, to which 0E0 is a word; to YAML 1.2, and to us, it is a number.
        return dumper.represent_scalar(
            "tag:yaml.org,2002:str", text, style='"' if text[:1] in "+-.0123456789" else None
        )

    Dumper.add_representer(str, text_of)
    text = yaml.dump(value, Dumper=Dumper, default_flow_style=flow, allow_unicode=False)
    assert parse_mapping(text.encode("utf-8")) == value


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text("ab:-[]{}&*!|>?'\"#%@`, \n\t<", max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        refusal = "" if isinstance(parse_mapping(data), dict) else None
    except NotYaml as error:
        refusal = str(error)
    assert refusal is not None


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_contract_is_read_or_refused(data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(GOOD)))
    junk = data.draw(
        st.binary(max_size=6) | st.sampled_from([b"null", b"[]", b"{}", b"-1", b"'x'", b": ", b"1e999", b"\n"])
    )
    torn = GOOD[:cut] + junk + (GOOD[cut:] if data.draw(st.booleans()) else b"")
    assert all(message and "\n" not in message for message in refusals(torn))


LEAVES = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        1.5,
        float("inf"),
        10**400,
        "",
        "x",
        "\n",
        "😀",
        [],
        {},
        [None],
        {"x": 1},
        [[1]],
        "v3.1.0",
        "(?=",
        "${X}",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_value_anywhere_is_compiled_or_refused(data: st.DataObject) -> None:
    from .odcs_full import FULL

    document = yaml.safe_load(FULL)
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
            places.append((value, key))
            walk(value[key])

    walk(document)
    for _ in range(data.draw(st.integers(1, 2))):
        container, key = data.draw(st.sampled_from(places))
        container[key] = data.draw(LEAVES)
    assert all(message and "\n" not in message for message in refusals(yaml.safe_dump(document).encode()))


@pytest.mark.parametrize("version", ["v2.2.2", "v4.0.0", "3.1.0", "v3.1", "", "v3.0.9"])
def test_other_versions_are_refused_and_the_allowed_named(version: str) -> None:
    with pytest.raises(OdcsError) as caught:
        read_odcs(GOOD.replace(b"v3.1.0", b"'" + version.encode() + b"'"), "c.yaml")
    (problem,) = caught.value.problems
    assert (problem.line, problem.key) == (2, "apiVersion")
    assert "v3.0.0, v3.0.1, v3.0.2, v3.1.0, v3.2.0" in problem.message


def test_names_out_of_the_file_are_made_safe_in_messages() -> None:
    data = GOOD.replace(b"name: amount", b'name: "\\e[31m\\nred"').replace(b"mustBe: 0", b"mustBe: x")
    (problem,) = read_odcs(data, "c.yaml").problems
    assert "\x1b" not in str(problem) and "\n" not in str(problem)
