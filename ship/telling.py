"""The story as it is printed: numbered steps, what was sent and what came back; and what may not go unnoticed."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

RELGATE = Path(__file__).resolve().parent.parent / "cli" / "relgate.py"


class Surprise(Exception):
    """Something is not as it should be; the story ends here, with exit code 1."""


def expect(what: str, found, wanted) -> None:
    """Raises Surprise unless they are equal."""
    if found != wanted:
        raise Surprise(f"{what}: expected {wanted!r}, got {found!r}")


class Teller:
    """Counts the steps. `say` is for us, `sent` and `came` for the two ends of the wire."""

    def __init__(self):
        self.step = 0

    def begin(self, title: str) -> None:
        self.step += 1
        print(f"\n{self.step}. {title}", flush=True)

    def say(self, text: str) -> None:
        print(textwrap.indent(textwrap.fill(text, 104, break_on_hyphens=False), "   "), flush=True)

    def sent(self, text: str) -> None:
        print(f"   → {text}", flush=True)

    def came(self, text: str) -> None:
        print(textwrap.indent(text, "   ← ", lambda line: line.strip()), flush=True)


class Relgate:
    """The command line as a CI runs it: a process, the address and the token in its environment, JSON out."""

    def __init__(self, teller: Teller, url: str, token: str, folder: Path):
        self.teller, self.folder = teller, folder
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.env = kept | {"RELGATE_URL": url, "RELGATE_TOKEN": token, "RELGATE_OUTPUT": "json"}

    def run(self, *words: str, code: int = 0) -> dict:
        """What it answered; it must end with `code`."""
        return self.finish(self.start(*words), code=code)

    def start(self, *words: str) -> subprocess.Popen:
        """The same, still running."""
        self.teller.sent(
            "relgate " + " ".join(f"'{word}'" if " " in word or "#" in word else word for word in words)
        )
        return subprocess.Popen(
            [sys.executable, "-I", str(RELGATE), *words],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, process: subprocess.Popen, *, code: int = 0) -> dict:
        """Wait for what start() began."""
        out, err = process.communicate(timeout=300)
        if process.returncode != code:
            raise Surprise(
                f"relgate ended with {process.returncode} and not {code}: {(out + err).strip()[-2000:]}"
            )
        return json.loads(out)
