"""The pictures of README and docs are those that the script takes, and small enough for a page."""

from __future__ import annotations

from tests.docs.pictures import MOST_BYTES, PICTURES, REPOSITORY, TAKEN


def test_every_picture_is_there_and_small() -> None:
    sizes = {path.stem: path.stat().st_size for path in PICTURES.iterdir()}
    assert set(sizes) == set(TAKEN)
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}


def test_a_picture_that_a_page_shows_is_there() -> None:
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")]
    for page in pages:
        for link in page.read_text(encoding="utf-8").split("](")[1:]:
            target = link.split(")", 1)[0]
            if target.endswith(".png"):
                assert (page.parent / target).is_file(), f"{page.name}: {target}"
