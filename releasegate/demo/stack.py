"""Everything of the embedded mode in one process: sandbox AWS, sealer, worker, scheduler, web server."""

import threading
import time
import urllib.error
import urllib.request

from django.conf import settings
from waitress.server import create_server

from audit.sealer import SealerLoop
from audit.signer import load_signer
from aws.sandbox.identity import TOOLS_ACCESS_KEY_ID, TOOLS_SECRET_ACCESS_KEY
from aws.sandbox.server import Sandbox
from releasegate.processes import BeatPart, WorkerPart
from releasegate.wsgi import application

READY_SECONDS = 25


class Stack:
    """`start()` returns when the web server answers; `stop()` ends every part within a few seconds."""

    def __init__(self, host: str, port: int):
        self.sandbox = Sandbox(settings.DATA_DIR / "aws")
        self.sealer = SealerLoop(load_signer())
        self.beat = BeatPart()
        self.server = create_server(
            application,
            host=host,
            port=port,
            threads=settings.WEB_THREADS,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
        self.port = self.server.effective_port
        # Known only now, where any free port was asked for: the address that answers lead back to.
        settings.PUBLIC_URL = f"http://localhost:{self.port}"
        self.web = threading.Thread(target=self.server.run, name="web", daemon=True)
        self.worker: WorkerPart | None = None

    def start(self) -> None:
        self.sandbox.start()
        # Known only now: whatever asks for AWS in this process reaches the sandbox, and nothing else.
        settings.AWS_ENDPOINT_URL = self.sandbox.endpoint_url
        settings.AWS_ACCESS_KEY_ID = TOOLS_ACCESS_KEY_ID
        settings.AWS_SECRET_ACCESS_KEY = TOOLS_SECRET_ACCESS_KEY
        self.worker = WorkerPart("*", threads=4, name="embedded@local")
        for part in (self.sealer, self.worker, self.beat, self.web):
            part.start()
        self._answering()

    def _answering(self) -> None:
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/livez", timeout=2).read()
                return
            except (urllib.error.URLError, OSError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """In the order that lets each finish what it has in hand; each has its own limit."""
        self.server.close()
        if self.worker:
            ending = threading.Thread(target=self.worker.stop, daemon=True)
            ending.start()
            ending.join(3)
        self.sealer.stop(1.0)
        ending = threading.Thread(target=self.sandbox.stop, daemon=True)
        ending.start()
        ending.join(1.5)
