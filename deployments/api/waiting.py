"""Seats for long polls: at most half of a process's threads may sleep in one (stack rule)."""

import threading
from contextlib import contextmanager

from django.conf import settings


class Seats:
    def __init__(self, number: int):
        self.free = threading.BoundedSemaphore(number)

    @contextmanager
    def take(self):
        """Yields True with a seat, False when all are taken: then answer at once."""
        seated = self.free.acquire(blocking=False)
        try:
            yield seated
        finally:
            if seated:
                self.free.release()


seats = Seats(max(1, settings.WEB_THREADS // 2))
