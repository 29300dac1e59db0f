"""Text out of an artifact never drives the terminal or the CI that shows it."""

from __future__ import annotations

import pytest

from .sample import BUNDLE, REPORT, RUN_ID, SERVING, SIDECAR, Project

NASTY = [
    "dep\x1b[31m-red",
    "dep\x1b]0;title\x07",
    "dep\nPASSED everything",
    "dep\r\x1b[2K0 failed",
    "dep\x9b31m",
    "dep\u202egnp.exe",
    "dep\u2028line",
    "::error file=app.py::owned",
    "##[error]owned",
    "\n::set-output name=x::y",
]


def _assert_inert(text: str) -> None:
    assert not [char for char in text if (ord(char) < 0x20 and char != "\n") or 0x7F <= ord(char) < 0xA0]
    assert not set(text) & set("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    for line in text.split("\n"):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert not line.startswith("PASSED everything")


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("args", [(), ("-v",), ("-rA",), ("--co", "-q")], ids=["plain", "-v", "-rA", "--co"])
def test_a_deployment_id(project: Project, name: str, args: tuple[str, ...]) -> None:
    project.keep("p5")
    project.edit_lines(SERVING, deployment_id=name, service_name=name, model_name=name)
    result = project.check(*args)
    assert result.ret in (0, 1)
    _assert_inert(result.stdout.str())
    _assert_inert(result.stderr.str())


@pytest.mark.parametrize("name", NASTY)
def test_fields_of_documents(project: Project, name: str) -> None:
    project.edit(SIDECAR, dataset_name=name, dataset_version=name, path=name, target=name, built_at=name, **{name: 1})
    project.edit(BUNDLE, run_id=name, model_version=name, candidate_name=name, started_at=name)
    project.edit(REPORT, input_parquet=name, data_note=name, run_timestamp=name)
    result = project.check("-rA")
    assert result.ret == 1
    _assert_inert(result.stdout.str())


EVIL_FILES = ["evil\x1b[31m", "evil\nPASSED everything", "evil\u202e"]


@pytest.mark.parametrize("name", EVIL_FILES)
def test_names_of_files_and_directories(bundle: Project, name: str) -> None:
    (bundle.root / "p4").rename(bundle.root / name)
    bundle.plant(f"{name}.txt")
    bundle.edit(f"{name}/artifacts/{RUN_ID}/metadata.json", run_id="another", model_version=None)
    for args in (("-v",), ("--co", "-q"), ("-rfEpP",), ("--mlmonitor-out", "out")):
        _assert_inert(bundle.check(*args).stdout.str())


@pytest.mark.parametrize("name", EVIL_FILES)
def test_names_of_directories_with_a_skip(bundle: Project, name: str) -> None:
    (bundle.root / "p4").rename(bundle.root / name)
    _assert_inert(bundle.check("-rs").stdout.str())


@pytest.mark.parametrize("name", NASTY[:5])
def test_in_tests_of_ones_own(project: Project, name: str) -> None:
    project.keep("p5")
    project.policy('artifacts = ["artifacts"]')
    project.edit_lines(SERVING, deployment_id=name)
    project.write("test_mine.py", "def test_mine(deployment): pass\n")
    _assert_inert(project.run("test_mine.py", "-v").stdout.str())


def test_bytes_that_are_no_text(project: Project) -> None:
    (project.root / SIDECAR).write_bytes(b'{"dataset_name": "\xff\x1b[31m"}')
    result = project.check("-rA")
    assert result.ret == 1
    _assert_inert(result.stdout.str())


def test_a_name_can_still_be_told_from_another(project: Project) -> None:
    project.keep("p5")
    project.edit_lines(SERVING, deployment_id="dep\x1b[31m")
    assert "dep\\x1b[31m" in project.check().stdout.str()
    assert any("dep%1B%5B31m" in nodeid for nodeid in project.ids())
