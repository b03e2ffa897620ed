"""A real Chromium for the journeys: people with a window each, and everything that went wrong in it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

VIOLATION = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error("CSP violation: " + event.violatedDirective + " " + event.blockedURI);
});
"""
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 780}


@dataclass
class Window:
    """A person's browser: signed in, with `wrong` collecting console errors, violations and script errors."""

    context: BrowserContext
    page: Page
    url: str
    wrong: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go there; the answer must be 200."""
        answer = self.page.goto(self.url + path)
        assert answer.status == 200, (path, answer.status)
        return self.page

    def sign_in(self, username: str, password: str) -> None:
        self.open("/sign-in")
        self.page.get_by_label("Username or e-mail").fill(username)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Inbox")

    def width_beyond(self) -> int:
        """Pixels by which the page is wider than the window (0: nothing to scroll sideways)."""
        return self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """The browser; as root it runs without its own sandbox."""
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


def window(browser: Browser, url: str, **options) -> Window:
    """A new, private window; `options` as Playwright's new_context (viewport, color_scheme, java_script_enabled)."""
    context = browser.new_context(viewport=options.pop("viewport", DESK), **options)
    context.set_default_timeout(15_000)
    if options.get("java_script_enabled", True):
        context.add_init_script(VIOLATION)
    made = Window(context, context.new_page(), url)
    made.page.on("console", lambda said: said.type == "error" and made.wrong.append(said.text))
    made.page.on("pageerror", lambda error: made.wrong.append(f"script: {error}"))
    return made
