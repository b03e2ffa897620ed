"""What is done to the product: processes killed, stopped and woken up, Redis broken, bells forged."""

import os
import signal
import threading
import time
from pathlib import Path

import redis as redis_client
from celery import Celery

from tests import servers
from tests.faults.ground import Ground
from tests.journeys.stack import Part
from tests.journeys.wire import until


def doomed(ground: Ground, place: str, **env: str) -> Part:
    """The only worker of dev's pool from now on; it dies (or stops) at `place` (deployments/failpoints.py)."""
    return ground.stack.worker("nonprod", RELEASEGATE_FAILPOINT=place, **env)


def died(part: Part) -> None:
    """Wait for its end, and see that it was the failpoint's SIGKILL."""
    until(lambda: not part.running, seconds=60, what=f"{part.name} dies", pause=0.02)
    assert part.process.returncode == -signal.SIGKILL, part.log.read_text()[-3000:]


def is_stopped(part: Part) -> bool:
    state = Path(f"/proc/{part.process.pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state in "Tt"


def stopped(part: Part) -> None:
    until(lambda: is_stopped(part), seconds=60, what=f"{part.name} stops", pause=0.01)


def wake(part: Part) -> None:
    os.kill(part.process.pid, signal.SIGCONT)


def flush(ground: Ground) -> None:
    """FLUSHALL, on a server that this test run started and on no other."""
    servers.refuse_shared(ground.redis.url)
    with redis_client.Redis.from_url(ground.redis.url) as client:
        client.flushall()


def stop(ground: Ground) -> None:
    """Redis is gone."""
    servers.refuse_shared(ground.redis.url)
    ground.redis.stop(signal.SIGKILL)


def freeze(ground: Ground) -> None:
    """Redis takes connections and answers nothing."""
    servers.refuse_shared(ground.redis.url)
    ground.redis.process.send_signal(signal.SIGSTOP)


def restore(ground: Ground) -> None:
    """Redis is back, whatever was done to it."""
    if ground.redis.process is None:
        ground.redis.start()
    else:
        ground.redis.process.send_signal(signal.SIGCONT)


def at_every_stop(part: Part, act, over) -> int:
    """While not `over()`: each time the worker has stopped, `act()` and wake it. How often that was."""
    times, end = 0, time.monotonic() + 90
    while not over():
        assert time.monotonic() < end, f"not over after {times} stops"
        assert part.running, part.log.read_text()[-3000:]
        looked = time.monotonic() + 0.3
        while time.monotonic() < looked:
            if is_stopped(part):
                act()
                wake(part)
                times += 1
            time.sleep(0.005)
    return times


class Bells:
    """Somebody who may write to the broker rings for `task` with `arguments`, over and over."""

    def __init__(self, ground: Ground):
        servers.refuse_shared(ground.redis.url)
        self.app = Celery("stranger", broker=ground.redis.url, set_as_current=False)
        self.rung = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.lines: list[tuple[str, list]] = []

    def ring(self, task: str, *arguments, times: int = 1, queue: str = "pool.nonprod") -> None:
        for _ in range(times):
            self.app.send_task(task, args=list(arguments), queue=queue, retry=False, ignore_result=True)
            self.rung += 1

    def keep_ringing(self, task: str, *arguments, times: int) -> None:
        self.lines.append((task, list(arguments), times))

    def _run(self) -> None:
        while not self.stop.wait(0.1):
            for task, arguments, times in list(self.lines):
                self.ring(task, *arguments, times=times)

    def __enter__(self) -> "Bells":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop.set()
        self.thread.join(10)
        self.app.close()


def served(ground: Ground, queue: str) -> None:
    """Wait until no message of the queue is left; each look must find fewer, or nobody is taking any."""
    with redis_client.Redis.from_url(ground.redis.url) as client:
        left = client.llen(queue)
        while left:
            before = left
            until(
                lambda before=before: client.llen(queue) < before, seconds=20, what=f"one of {before} taken"
            )
            left = client.llen(queue)
