"""`make screenshots`: the pictures of the README, taken from a demo of its own as a person sees it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "img"
BROWSER = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
SIZE = {"width": 1280, "height": 720}
MOST = 150_000  # bytes of one picture


def main() -> None:
    """Start the demo in a directory of its own, look, and stop it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "manage.py", "demo", "--port", "0", "--data-dir", folder, "--json"]
        demo = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603
        try:
            look(json.loads(demo.stdout.readline()))
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(20)


def look(said: dict) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = browser.new_context(viewport=SIZE, color_scheme=scheme).new_page()
            sign_in(page, said)
            page.get_by_role("link", name="Review payments 1.1.0 to prod").click()
            page.get_by_role("button", name="Approve").wait_for()
            take(page, f"decision-{scheme}.png")
            page.goto(said["url"] + "/board")
            take(page, f"board-{scheme}.png")
        browser.close()


def sign_in(page: Page, said: dict) -> None:
    page.goto(said["url"] + "/sign-in")
    page.get_by_label("Username or e-mail").fill("rita")
    page.get_by_label("Password", exact=True).fill(said["users"]["rita"]["password"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Inbox").wait_for()


def take(page: Page, name: str) -> None:
    page.wait_for_load_state("load")
    page.screenshot(path=IMAGES / name)
    size = (IMAGES / name).stat().st_size
    assert size <= MOST, f"{name} has {size} bytes"
    sys.stdout.write(f"docs/img/{name} {size} bytes\n")


if __name__ == "__main__":
    main()
