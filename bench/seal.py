"""Votes a second of eight writers with the audit log and its sealer, against the same votes without audit.

Over HTTP on both sides: the same web server with the same addresses, one of them started with an `append()` that
does nothing (bench/apps.py). The database, the rows and the writers are the same; rounds alternate.
"""

from collections.abc import Iterator

from audit.models import AuditEvent, Checkpoint
from bench import company
from bench.apps import WITHOUT_AUDIT
from bench.lines import line
from bench.place import place
from bench.size import Size
from bench.voting import UNLIMITED, letter, put_back, waiting
from bench.wire import Clients
from deployments.actions.beat import beat

AIM = 0.85
ENVIRONMENT = "seal"


def measure(size: Size) -> Iterator[dict]:
    """Each writer gives both keys of its deployments, one after the other; then all is put back."""
    people = {name: company.token_of(name) for name in ("rita", "omar")}
    company.environment(ENVIRONMENT, 5, company.MANAGERS, company.OWNERS)
    beat(worker="bench", pool=company.POOL)
    asked = [waiting(ENVIRONMENT, f"seal-{number}", size.votes // 2) for number in range(size.writers)]
    letters = [[letter(row, token) for row in rows for token in people.values()] for rows in asked]
    ours, bare = place.web("web", **UNLIMITED), place.web("bare", **UNLIMITED, **{WITHOUT_AUDIT: "1"})
    place.manage("sealer", "sealer", RELEASEGATE_DATABASE_ROLE="sealer")
    sides = [Clients(port, letters, expect=201) for port in (ours, bare)]
    pairs = []
    for _ in range(min(size.rounds, 5) + 1):
        rates, events = [], AuditEvent.objects.count()
        for clients in sides:
            rates.append(clients.rate_of_all())
            put_back(ENVIRONMENT)
        pairs.append(tuple(rates))
    written = AuditEvent.objects.count() - events
    votes = sum(len(one) for one in letters)
    if written < votes:
        raise RuntimeError(f"{votes} votes left {written} events")
    sealed = Checkpoint.objects.order_by("-tree_size").values_list("tree_size", flat=True).first() or 0
    yield line(
        "seal",
        pairs[1:],
        unit="votes/s",
        n=votes * (len(pairs) - 1),
        aim=AIM,
        writers=size.writers,
        sealed=sealed,
    )
