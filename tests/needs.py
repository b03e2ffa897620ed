"""`python -m tests.needs`: what the whole suite wants of the machine, in one line, before it runs."""

import sys

from tests import servers


def missing() -> str | None:
    """One line that says what to install, or None."""
    if servers.chromium() is None:
        return "make test needs a Chromium: apt-get install chromium, or set CHROMIUM_PATH to one."
    return None


if __name__ == "__main__":
    line = missing()
    if line:
        print(line, file=sys.stderr)
    sys.exit(line is not None)
