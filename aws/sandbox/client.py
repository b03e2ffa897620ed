"""The control client: what tests in any process say to a running sandbox. Standard library only."""

import json
import urllib.error
import urllib.request
from typing import Any


class SandboxControlError(Exception):
    """The sandbox refused a control request; the message says why."""


class SandboxControl:
    """Controls the sandbox that answers at `endpoint_url`."""

    def __init__(self, endpoint_url: str, timeout: float = 30.0):
        self._base = endpoint_url.rstrip("/") + "/_sandbox/"
        self._timeout = timeout

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._base + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as exc:
            raise SandboxControlError(json.load(exc)["error"]["message"]) from exc

    def health(self) -> bool:
        """True when the sandbox answers."""
        return self._ask("GET", "health")["ok"]

    def fault(self, service: str, action: str, kind: str, **fields: Any) -> None:
        """Put a fault in force; fields: account, times, seconds, match, resource, outcome, reason.

        Raises SandboxControlError for a kind or field that does not exist.
        """
        self._ask(
            "POST",
            "faults",
            {"service": service, "action": action, "kind": kind, **fields},
        )

    def faults(self) -> list[dict[str, Any]]:
        """The faults in force, each with how often it is `left`."""
        return self._ask("GET", "faults")["faults"]

    def clear(self) -> None:
        """Take all faults out of force."""
        self._ask("DELETE", "faults")

    def mutations(self) -> list[dict[str, Any]]:
        """Executed mutations, oldest first: account, service, action, target, token, at, effective."""
        return self._ask("GET", "mutations")["mutations"]

    def counts(self, *, effective: bool = True) -> dict[tuple[str, str, str], int]:
        """{(account, service, action): how often}; only those that changed something, unless told."""
        name = "effective" if effective else "executed"
        totals = self._ask("GET", "mutations")["totals"]
        return {(row["account"], row["service"], row["action"]): row[name] for row in totals if row[name]}

    def count(self, service: str, action: str, *, account: str = "", effective: bool = True) -> int:
        """How often one API changed something, in one account or in all."""
        counts = self.counts(effective=effective)
        return sum(
            number
            for key, number in counts.items()
            if key[1:] == (service, action) and account in ("", key[0])
        )

    def reset_counts(self) -> None:
        """Forget mutations and calls counted so far."""
        self._ask("DELETE", "mutations")

    def calls(self, *, action: str = "") -> list[dict[str, Any]]:
        """Requests as they arrived: account, service, action, at (epoch s), ns, status, target."""
        entries = self._ask("GET", "calls")["calls"]
        return [entry for entry in entries if action in ("", entry["action"])]

    def listings(self) -> dict[str, Any]:
        """What all accounts hold: objects with version ids, stacks, functions, roles, builds."""
        return self._ask("GET", "listings")

    def set_clock_offset(self, seconds: float) -> None:
        """Move the sandbox's STS clock: sessions expire by now plus that many seconds."""
        self._ask("POST", "clock", {"offset_seconds": seconds})

    def set_minute(self, seconds: float) -> None:
        """How long a minute of CodeBuild's time limits lasts here (60 unless set)."""
        self._ask("POST", "clock", {"minute_seconds": seconds})
