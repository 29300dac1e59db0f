"""The windows of a deployment, read when somebody asks for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_mlmonitor.core.files.record_files import Content
from pytest_mlmonitor.serving import windows as sequence
from pytest_mlmonitor.serving.model import ServingWindow
from tests.unit.serving_trees import Tree, at, encoded, place, window


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path.resolve() / "root")


def test_it_is_a_sequence(tree: Tree) -> None:
    tree.put(window(2), window(0), window(1), window(1, deployment_id="other"))
    windows = tree.fold_of().windows
    assert len(windows) == 3
    assert [one.window_start for one in windows] == [at(0), at(1), at(2)]
    assert windows[0] == next(iter(windows))
    assert windows[-1].window_start == at(2)
    assert [one.window_start for one in windows[1:]] == [at(1), at(2)]
    assert next(reversed(windows)) == windows[-1]
    assert windows[1] in windows
    assert all(isinstance(one, ServingWindow) for one in windows)
    with pytest.raises(IndexError):
        windows[3]


def test_the_files_are_read_once_and_only_when_asked(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = sequence.read_records

    def noting(path: Path) -> Content:
        opened.append(path.name)
        return real(path)

    monkeypatch.setattr(sequence, "read_records", noting)
    tree.put(window(0), window(1))
    windows = tree.fold_of().windows
    assert len(windows) == 2
    assert opened == []
    assert list(windows) == list(windows)
    assert len(opened) == 2


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "é",
        "a\nb",
        "a\x00b",
        'a"b',
        "a\\b",
        "a/b",
        "a\u2028",
        "\x7f",
        "\U0001f600",
        "a::b",
        "x" * 10_000,
        "dep\ufeff",
        " a ",
    ],
)
def test_every_spelling_of_a_name(name: str, tree: Tree) -> None:
    escaped = "".join(f"\\u{unit:04x}" for unit in _utf16(name)).encode()
    line = encoded(window(2, deployment_id="@@"))
    tree.put(window(0, deployment_id=name), window(0, deployment_id="other"))
    tree.append(place(2), line.replace(b"@@", escaped) + b"\n")
    spelled = json.dumps(name)[1:-1].replace("/", "\\/").encode()
    tree.append(place(3), line.replace(b"@@", spelled).replace(b"12:0", b"13:0"))
    windows = tree.fold_of(name).windows
    assert len(windows) == len(list(windows)) == 3
    assert {one.deployment_id for one in windows} == {name}


def test_a_name_that_others_begin_with_or_mention(tree: Tree) -> None:
    tree.put(window(0, deployment_id="dep-1"), window(0, deployment_id="dep-11"), window(0, service_name="dep-1"))
    assert [one.deployment_id for one in tree.fold_of("dep-1").windows] == ["dep-1"]


def test_bad_lines_and_files_that_went_away_are_left_out(tree: Tree) -> None:
    tree.put(window(0), window(1))
    tree.append(place(0), b"{\n" + encoded(window(0, request_count="1")) + b"\n\n \n" + encoded(window(3)))
    one = tree.fold_of()
    (tree.metrics / place(1)).unlink()
    assert len(one.windows) == 3
    assert [window.window_start for window in one.windows] == [at(0), at(3)]


def test_a_window_says_the_same_as_the_history(tree: Tree) -> None:
    tree.put(window(0, model_exec_p95_ms=3, stale_feature_count=None), window(1, feature_lookup_p95_ms=0.5))
    one = tree.fold_of()
    assert (one.history.first, one.history.latest) == tuple(one.windows)
    assert one.windows[0].model_exec_p95_ms == 3.0


def _utf16(text: str) -> list[int]:
    data = text.encode("utf-16-be")
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]
