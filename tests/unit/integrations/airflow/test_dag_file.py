"""The file of the DAGs: readable, the same every time, without the product, and inert whatever it is told."""

from __future__ import annotations

import ast
import shlex
import sys
import types
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_mlmonitor import __version__
from pytest_mlmonitor.integrations.airflow.dag_file import PREFIX, DagFile, is_unchanged

GOLDEN = Path(__file__).with_name("mlmonitor_dags.golden.txt")
"""Written anew by ``python -m tests.unit.integrations.airflow.test_dag_file``; read the difference."""

CHURN = DagFile(
    "/srv/churn", "build/mlmonitor", ("/opt/mlmonitor/bin/mlmonitor",), ("python", "train.py", "--full"), "churn_"
)


def golden_text() -> str:
    return CHURN.text.replace(f"mlmonitor {__version__}:", "mlmonitor VERSION:").rpartition("\n# ")[0] + "\n"


def test_the_text_is_the_golden_one() -> None:
    assert golden_text() == GOLDEN.read_text(encoding="utf-8")


def test_it_needs_airflow_and_the_standard_library_only() -> None:
    imported = set()
    for node in ast.walk(ast.parse(CHURN.text)):
        if isinstance(node, ast.Import):
            imported |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module))
    ours = {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names}
    assert ours == {"airflow.sdk", "airflow.sdk.exceptions"}


def constants(tree: ast.Module) -> dict[str, object]:
    found: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue  # a call
    return found


def shape(tree: ast.Module) -> list[str]:
    """Return what stands in a file, without what it was told."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return [
        ast.dump(node) for node in tree.body if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.List))
    ]


PLAIN = shape(ast.parse(DagFile("/srv", "out").text))

any_text = st.text(st.characters(codec=None), max_size=40)
hostile = st.sampled_from(
    [
        '"""',
        "'''\nimport os",
        '"; import os #',
        "\\",
        "\n#",
        "@@PROJECT@@",
        "{{ 7 }}",
        "\ud800",
        "\r",
        "\u2028",
        "\0",
        "é😀",
    ]
)
word = st.one_of(any_text, hostile, st.builds(str.__add__, any_text, hostile))


@given(project=word, mlmonitor=st.lists(word, min_size=1, max_size=3), train=st.lists(word, max_size=3))
@example(project='/a"""\nimport os\n"""', mlmonitor=["a' \\"], train=["@@OUT@@", "\ud800\n"])
def test_whatever_it_is_told_is_text(project: str, mlmonitor: list[str], train: list[str]) -> None:
    file = DagFile(project, project, tuple(mlmonitor), tuple(train))
    data = file.text.encode("utf-8")
    tree = ast.parse(data)
    known = constants(tree)
    assert [known[name] for name in ("PROJECT", "OUT", "MLMONITOR", "TRAIN_COMMAND")] == [
        project,
        project,
        mlmonitor,
        train,
    ]
    assert shape(tree) == PLAIN
    assert is_unchanged(data)


def test_a_changed_file_is_told_from_an_unchanged_one() -> None:
    data = CHURN.text.encode("utf-8")
    changed = [
        data.replace(b"0 2 * * 0", b"0 3 * * 0"),
        data + b"\nx = 1\n",
        data.rpartition(b"\n# ")[0],
        b"",
        b"\xff\xfe",
        data + b" " * 1_000_000,
    ]
    assert is_unchanged(data) and not any(map(is_unchanged, changed))


def test_the_command_in_its_head_writes_the_same_file() -> None:
    (line,) = [one for one in CHURN.text.splitlines() if one.startswith("#   mlmonitor dags ")]
    words = shlex.split(line.removeprefix("#   "))
    options = dict(zip(words[2::2], words[3::2], strict=True))
    assert options == {
        "--out": "DIR",
        "--project": "/srv/churn",
        "--mlmonitor-command": "/opt/mlmonitor/bin/mlmonitor",
        "--train-command": "python train.py --full",
        "--prefix": "churn_",
    }


@pytest.mark.parametrize("prefix", ["a b", "-a", ".a", "é", "a/b", "a\n", "x" * 61, '"'])
def test_a_prefix_is_part_of_an_id(prefix: str) -> None:
    assert PREFIX.fullmatch(prefix) is None
    assert all(PREFIX.fullmatch(one) for one in ("", "churn_", "A.b-1"))


def test_an_older_airflow_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "airflow", types.ModuleType("airflow"))  # Airflow 2: there is no airflow.sdk
    with pytest.raises(
        ImportError, match=r"need Apache Airflow 3\.2 or newer, and this is another: .*airflow"
    ) as caught:
        exec(compile(CHURN.text, "dags.py", "exec"), {})  # noqa: S102 (our own file)
    assert caught.value.__suppress_context__


if __name__ == "__main__":
    GOLDEN.write_text(golden_text(), encoding="utf-8")
