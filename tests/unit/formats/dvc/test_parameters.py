"""Parameters are read as DVC reads them, and compared as it compares them; nothing is executed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.formats.dvc.parameters import read_params, same_value

CODE = """
import os
os.environ["K5_RAN"] = "yes"
TH: float = 0.5
A = B = 1
SIZES = (1, 2)
made = os.getcwd()
class Train:
    EPOCHS = 3
    def __init__(self):
        self.lr = 0.1
        lr = 9
"""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.json", '{"t": {"x": 1}}', {"t": {"x": 1}}),
        ("p.toml", "[t]\nx = 1\n", {"t": {"x": 1}}),
        ("p.yaml", "t: {x: 1e-3, on: yes}\n", {"t": {"x": 0.001, "on": "yes"}}),
        ("p.py", CODE, {"TH": 0.5, "SIZES": (1, 2), "Train": {"EPOCHS": 3, "lr": 0.1}}),
        ("p.json", '{"t": ', None),
        ("p.toml", "[t", None),
        ("p.py", "x = (", None),
        ("p.py", "x = " + "(" * 5_000, None),
        ("p.py", "x = 1\0", None),
        ("p.json", "[" * 100_000, None),
        ("p.json", "[1]", None),
        ("p.ini", "x = 1", None),
    ],
)
def test_a_file_of_parameters(tmp_path: Path, name: str, content: str, said: Any) -> None:
    (tmp_path / name).write_text(content)
    assert read_params(tmp_path / name) == said
    assert "K5_RAN" not in os.environ


@pytest.mark.parametrize(
    ("now", "then", "same"),
    [
        ({"a": (1, 2)}, {"a": [1, 2]}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ({1: "x"}, {"1": "x"}, True),
        ("1_000", 1000, True),
        ("1_0.5e1", 105.0, True),
        ("a_b", 1000, False),
        (float("nan"), float("nan"), True),
        (None, 0, False),
    ],
)
def test_the_same_value(now: object, then: object, same: bool) -> None:
    assert same_value(now, then) is same
