"""What was asked and what was changed: the call log and the count of executed mutations."""

import threading
import time
from collections import deque
from typing import Any

from aws.sandbox.wire import Call

_CALLS_KEPT = 20_000
_MUTATIONS_KEPT = 50_000


class Ledger:
    """Calls as they arrived and mutations as they were executed. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[dict[str, Any]] = deque(maxlen=_CALLS_KEPT)
        self._mutations: deque[dict[str, Any]] = deque(maxlen=_MUTATIONS_KEPT)

    def arrived(self, call: Call) -> dict[str, Any]:
        """Note a request before it is served; the returned entry's status is filled in afterwards."""
        entry = {
            "account": call.account,
            "service": call.service,
            "action": call.action,
            "at": call.at,
            "ns": time.time_ns(),
            "status": None,
            "target": call.target,
        }
        with self._lock:
            self._calls.append(entry)
        return entry

    def executed(self, call: Call) -> dict[str, Any]:
        """Note a mutation that was carried out, whether or not its answer arrives."""
        entry = {
            "account": call.account,
            "service": call.service,
            "action": call.action,
            "target": call.target,
            "token": call.token,
            "at": time.time(),
            "effective": call.effective,
        }
        with self._lock:
            self._mutations.append(entry)
        return entry

    def mutations(self) -> dict[str, Any]:
        """{"mutations": [...], "totals": [{account, service, action, executed, effective}]}."""
        with self._lock:
            entries = list(self._mutations)
        totals: dict[tuple[str, str, str], list[int]] = {}
        for entry in entries:
            count = totals.setdefault((entry["account"], entry["service"], entry["action"]), [0, 0])
            count[0] += 1
            count[1] += entry["effective"]
        rows = [
            {
                "account": key[0],
                "service": key[1],
                "action": key[2],
                "executed": n,
                "effective": real,
            }
            for key, (n, real) in sorted(totals.items())
        ]
        return {"mutations": entries, "totals": rows}

    def calls(self) -> list[dict[str, Any]]:
        """Every request since the last reset, oldest first (the last 20,000)."""
        with self._lock:
            return list(self._calls)

    def reset(self) -> None:
        """Forget calls and mutations; nothing in the accounts changes."""
        with self._lock:
            self._calls.clear()
            self._mutations.clear()
