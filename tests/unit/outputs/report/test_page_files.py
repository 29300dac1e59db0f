"""The files of the page: one scope, nothing that makes markup or code of text, nothing from outside."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.unit.test_architecture import PACKAGE

PAGE = PACKAGE / "outputs" / "report" / "page"
SCRIPTS = sorted(PAGE.rglob("*.js"))


def test_names_are_unique() -> None:
    """All scripts share one scope, where a second function of a name silently replaces the first."""
    declared = Counter(
        name
        for path in SCRIPTS
        for name in re.findall(
            r"^(?:async )?(?:function|const|let|class) (\w+)", path.read_text(encoding="utf-8"), re.M
        )
    )
    assert declared
    assert [name for name, times in declared.items() if times > 1] == []


FORBIDDEN = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|"
    r"localStorage|sessionStorage|cookie|fetch\(|XMLHttp"
)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_of_text_keeps_anything_or_asks_anybody(path: Path) -> None:
    assert re.findall(FORBIDDEN, path.read_text(encoding="utf-8")) == []


def test_no_file_ends_its_own_element_or_names_another_server() -> None:
    for path in [*SCRIPTS, *PAGE.rglob("*.css")]:
        text = path.read_text(encoding="utf-8")
        assert "</" not in text.replace("</>", ""), path.name
        assert set(re.findall(r"https?://[^\s\"')]+", text)) <= {"http://www.w3.org/2000/svg"}, path.name
        assert "@import" not in text and "url(" not in re.sub(r"url\(#\w*", "", text), path.name
