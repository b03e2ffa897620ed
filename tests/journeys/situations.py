"""The situations of test_one_decision, as data: what is asked about, and what must be answered.

A situation is a subject (how far its request has come) and the circumstances around it. The right answer is worked
out from this table alone, so that a wrong answer which all doors agree on is found, too. scenes.py makes them true.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What a circumstance adds: a reason's code ("": none), the check it belongs to, and how it ends."""

    check: str
    code: str
    word: str = "wait"


CIRCUMSTANCES: dict[str, Answer] = {
    "unverified": Answer("artifact", "artifact_unverified"),
    "missing": Answer("artifact", "artifact_unverified"),
    "unreadable": Answer("artifact", "artifact_unverified"),
    "mismatch": Answer("artifact", "artifact_mismatch", "deny"),
    "withdrawn": Answer("artifact", "withdrawn", "deny"),
    "release withdrawn": Answer("artifact", "withdrawn", "deny"),
    "no stage": Answer("order", "not_in_pipeline", "deny"),
    "not promoted": Answer("order", "not_promoted_from", "deny"),
    "soaking": Answer("order", "soak_unfinished"),
    "soaked": Answer("order", "", "allow"),
    "no tests": Answer("standards", "test_spec_missing", "deny"),
    "broken tests": Answer("standards", "test_spec_missing", "deny"),
    "tests elsewhere": Answer("standards", "test_spec_missing", "deny"),
    "unproved": Answer("plan", "account_unproved", "deny"),
    "unplanned": Answer("plan", "external_check"),
    "unplanned in a dead pool": Answer("plan", "pool_unavailable"),
    "unplannable": Answer("plan", "plan_failed", "deny"),
    "nothing changes": Answer("plan", "", "allow"),
    "freeze": Answer("window", "freeze"),
    "freeze of the application": Answer("window", "freeze"),
    "freeze of everything": Answer("window", "freeze"),
    "freeze of tests": Answer("window", "", "allow"),
    "closed": Answer("window", "outside_window"),
    "next year": Answer("window", "outside_window"),
    "tomorrow": Answer("window", "outside_window"),
    "open window": Answer("window", "", "allow"),
    "scheduled": Answer("window", "scheduled"),
    "busy": Answer("lane", "lane_busy"),
    "queued": Answer("lane", "lane_busy"),
    "rejecting": Answer("lane", "lane_rejected", "deny"),
    "dead pool": Answer("lane", "pool_unavailable"),
    # Of the people, and of the request itself: no reason of their own.
    "three keys": Answer("people", ""),
    "a voter left": Answer("people", "approval_needed"),
    "nobody left": Answer("people", ""),
    "going back": Answer("request", "", "allow"),
}
EARLY = ("artifact", "order", "standards", "plan")
CHECKS = (*EARLY, "people", "window", "lane")
# A rollback passes promotion order, and freezes that do not name it (requirement D09).
PASSED_GOING_BACK = {"freeze", "freeze of the application", "not promoted", "soaking"}


@dataclass(frozen=True)
class Situation:
    """`subject`: candidate (nothing requested), asked, half (one voted), full (all did), void (and then the
    gate changed). `gated`: prod asks for people; two of them, where nothing else is said."""

    subject: str
    circumstances: tuple[str, ...] = ()
    gated: bool = True

    def __str__(self) -> str:
        kind = self.subject if self.gated else f"{self.subject}, no gate"
        return f"{kind}: {' + '.join(self.circumstances) or 'nothing else'}"

    def has(self, name: str) -> bool:
        return name in self.circumstances

    def people(self) -> list[str]:
        """Codes of what people still owe, one for each slot with an open key."""
        if not self.gated:
            return []
        if self.subject == "full":
            return ["approval_needed"] if self.has("a voter left") else []
        return {
            "candidate": ["approval_needed"],
            "asked": ["gate_unsatisfiable"] * self.has("nobody left") + ["approval_needed"] * 2,
            "half": ["approval_needed"] * (2 if self.has("three keys") else 1),
            "void": ["approval_void", "approval_needed", "approval_needed"],
        }[self.subject]

    def expected(self) -> tuple[str, list[str]]:
        """(verdict, codes in the order of the checks), worked out from the table above alone."""
        names = set(self.circumstances) - (PASSED_GOING_BACK if self.has("going back") else set())
        found = [CIRCUMSTANCES[name] for name in self.circumstances if name in names]
        found = [one for one in found if one.code and one.check != "people"]
        early = sorted((one for one in found if one.check in EARLY), key=lambda one: EARLY.index(one.check))
        if early:
            return early[0].word, [early[0].code]
        late = [one for check in ("window", "lane") for one in found if one.check == check]
        denied = [one.code for one in late if one.word == "deny"]
        codes = denied + self.people() + [one.code for one in late if one.word == "wait"]
        return ("deny" if denied else "wait" if codes else "allow"), codes


def _many(subject: str, *circumstances: str, gated: bool = True) -> list[Situation]:
    return [Situation(subject, tuple(filter(None, one.split("+"))), gated) for one in circumstances]


SITUATIONS = [
    *_many("candidate", "", "unverified", "missing", "mismatch", "withdrawn", "release withdrawn"),
    *_many("candidate", "no stage", "not promoted", "soaking", "soaked", "no tests", "tests elsewhere"),
    *_many("candidate", "unproved", "freeze", "closed", "next year", "tomorrow", "busy", "rejecting"),
    *_many("candidate", "rejecting+freeze", "dead pool", "freeze+busy", "closed+dead pool"),
    *_many("candidate", "mismatch+freeze", "not promoted+no tests", "three keys+freeze of the application"),
    *_many("candidate", "", "unverified", "freeze", "busy", "dead pool", "freeze+busy", gated=False),
    *_many("candidate", "open window", "tomorrow", "freeze of tests", "soaked", gated=False),
    *_many("asked", "", "unverified", "mismatch", "withdrawn", "release withdrawn", "no stage", "soaking"),
    *_many("asked", "broken tests", "unproved", "unplanned", "unplanned in a dead pool", "unplannable"),
    *_many("asked", "nothing changes", "freeze", "closed", "next year", "tomorrow", "open window"),
    *_many("asked", "scheduled", "busy", "dead pool", "freeze+busy", "unverified+freeze", "nobody left"),
    *_many("asked", "three keys", "going back", "going back+freeze", "unplanned+freeze+busy"),
    *_many("asked", "", "unplanned", "unplannable", "nothing changes", "freeze", "busy", gated=False),
    *_many("asked", "scheduled", "dead pool", "freeze+scheduled", "open window", "tomorrow", gated=False),
    *_many("half", "", "freeze", "busy", "scheduled", "soaking", "mismatch", "closed+busy", "three keys"),
    *_many("full", "", "unreadable", "mismatch", "no stage", "soaking", "soaked", "no tests", "unproved"),
    *_many("full", "nothing changes", "freeze", "freeze+freeze of the application", "freeze of tests"),
    *_many("full", "closed", "next year", "tomorrow", "open window", "open window+freeze", "scheduled"),
    *_many("full", "busy", "queued", "queued+dead pool", "dead pool", "freeze+scheduled+busy"),
    *_many("full", "closed+dead pool", "tomorrow+scheduled", "soaking+freeze", "three keys"),
    *_many("full", "a voter left", "a voter left+freeze", "going back", "going back+freeze"),
    *_many("full", "going back+freeze of everything", "going back+not promoted", "going back+closed"),
    *_many("void", "", "freeze", "busy", "mismatch", "nothing changes+closed"),
]
