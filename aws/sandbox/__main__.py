"""The sandbox AWS as a process: `python -m aws.sandbox --port 0 --data-dir DIR`.

Prints one JSON line {"endpoint_url": …} when it answers, and stops on SIGTERM or Ctrl-C.
"""

import argparse
import json
import signal
import sys
from pathlib import Path

from aws.sandbox.journal import JournalForeign
from aws.sandbox.server import Sandbox


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; returns the exit code (2: the data directory cannot be used)."""
    parser = argparse.ArgumentParser(prog="python -m aws.sandbox", description="A sandbox AWS on 127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 picks a free one")
    parser.add_argument("--data-dir", type=Path, help="keep the accounts here across restarts")
    given = parser.parse_args(arguments)
    signals = (signal.SIGTERM, signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        sandbox = Sandbox(given.data_dir, given.port).start()
    except JournalForeign as exc:
        sys.stderr.write(f"{exc}\n")
        return 2
    sys.stdout.write(json.dumps({"endpoint_url": sandbox.endpoint_url}) + "\n")
    sys.stdout.flush()
    signal.sigwait(signals)
    sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
