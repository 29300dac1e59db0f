"""The report in a real browser: opened from a file, with everything noted that it tries to do outside of itself."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from pytest_mlmonitor.outputs.report.report_file import report_html
from pytest_mlmonitor.outputs.results_shape import Results

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PATIENCE = 60.0
"""Seconds after which nothing more is expected to happen."""

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium_at(program: str) -> Iterator[Browser]:
    """Yield a running browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


class OpenedReport:
    """A report that a person has open.

    Attributes:
        page: of Playwright.
        requests: every address that was asked for, the file itself left out.
        errors: what its scripts threw, and what the browser complained of.
        dialogs: what it asked or told in a window of its own.
    """

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.file = file
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        page.on("request", lambda request: self._asked(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda told: self.errors.append(told.text) if told.type in ("error", "warning") else None)
        page.on("dialog", self._answer)

    def _asked(self, url: str) -> None:
        if not url.startswith(self.file.as_uri()) and url != "data:,":
            self.requests.append(url)

    def _answer(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def load(self, state: str = "") -> Self:
        """Open it, with ``state`` as what follows the # of its address."""
        self.page.goto("about:blank")
        self.page.goto(self.file.as_uri() + (f"#{state}" if state else ""))
        self.until("window.reportReady > 0")
        return self

    def until(self, condition: str) -> None:
        """Wait until an expression holds; Playwright's own way to wait needs what the page's security policy forbids."""
        deadline = time.monotonic() + PATIENCE
        while not self.page.evaluate(condition):
            assert time.monotonic() < deadline, f"never: {condition}"
            time.sleep(0.02)

    @property
    def title_as_written(self) -> str:
        """The title that stands in the file."""
        found = re.search(r"<title>(.*?)</title>", self.file.read_text(encoding="utf-8"), re.DOTALL)
        assert found is not None
        return " ".join(html.unescape(found[1]).split())

    # -- what a person sees ---------------------------------------------------------------------------------------------

    @property
    def rows(self) -> Locator:
        """The rows of artifacts, those that are there."""
        return self.page.locator("li.row:visible")

    @property
    def names(self) -> list[str]:
        """The names of the artifacts whose rows are there."""
        return self.page.locator("li.row:visible button.name").all_inner_texts()

    @property
    def failed(self) -> list[str]:
        """The names of those among them that failed."""
        return self.page.locator("[data-state=failed] li.row:visible button.name").all_inner_texts()

    @property
    def opened(self) -> list[str]:
        """The ids of the artifacts whose rows are open."""
        return cast(
            list[str],
            self.page.evaluate(
                "[...document.querySelectorAll('li.row:not(.alike)')].filter(row => row.querySelector('button.name')"
                ".getAttribute('aria-expanded') === 'true').map(row => row.dataset.id)"
            ),
        )

    @property
    def focused(self) -> str:
        """The id of the artifact whose row has the focus; empty without one."""
        return str(self.page.evaluate("document.activeElement.closest('li.row')?.dataset.id ?? ''"))

    @property
    def hash(self) -> str:
        """What follows the # of its address."""
        return str(self.page.evaluate("location.hash.slice(1)"))

    @property
    def text(self) -> str:
        """Everything that can be read."""
        return self.page.inner_text("body")

    @property
    def nodes(self) -> int:
        """Elements of the document."""
        return int(self.page.evaluate("document.getElementsByTagName('*').length"))

    @property
    def sideways(self) -> int:
        """Pixels that are wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def row(self, name: str) -> Locator:
        """Return the row of an artifact by a part of its name."""
        return self.page.locator("li.row", has=self.page.locator("button.name", has_text=name)).first

    # -- what a person does ---------------------------------------------------------------------------------------------

    def open_all(self, most: int = 1000) -> None:
        """Open every row and every fold that is there."""
        for fold in self.page.locator("li.alike > button").all():
            fold.click()
        self.page.evaluate(
            "most => [...document.querySelectorAll('li.row button.name[aria-expanded=false]')].slice(0, most)"
            ".forEach(name => name.click())",
            most,
        )
        self.page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)


PageOf = Callable[..., OpenedReport]


def pages(browser: Browser, directory: Path) -> tuple[PageOf, list[OpenedReport]]:
    """Return a function that opens documents in windows of their own, and what it has opened."""
    opened: list[OpenedReport] = []

    def page_of(
        document: Results,
        before: Results | None = None,
        *,
        state: str = "",
        width: int = 1400,
        height: int = 1000,
        dark: bool = False,
        proof: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> OpenedReport:
        file = directory / f"report-{len(opened)}.html"
        file.write_bytes(report_html(document, before, proof))
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", **more
        )
        report = OpenedReport(context.new_page(), file)
        opened.append(report)
        return report.load(state)

    return page_of, opened
