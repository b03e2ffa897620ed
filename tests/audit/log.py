"""A small log for the tests: add events, seal them as the sealer's role would, take the bundle."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from audit.actions.append import append
from audit.actions.seal import seal_once
from audit.bundles import make_bundle
from audit.queries import bundle_part
from audit.signer import Signer
from kernel.actor import Actor
from tests.database import as_sealer

ORIGIN = "log.example/audit"
SIGNER = Signer.of(
    ORIGIN, Ed25519PrivateKey.from_private_bytes(b"a key for tests, not for logs...".ljust(32))
)
OTHER = Signer.of(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"another key, of somebody else...".ljust(32)))
SYSTEM = Actor.system("test")


def add(count: int = 1, **fields) -> list:
    """`count` events in one transaction; `fields` as in append()."""
    given = {"kind": "build.received", "actor": SYSTEM, "subject": "build:bld_1", **fields}
    with transaction.atomic():
        return [append(**given) for _ in range(count)]


def seal(signer: Signer = SIGNER) -> int:
    """One batch, as the sealer's database role."""
    with as_sealer():
        return seal_once(signer)


def sealed(*sizes: int, **fields) -> None:
    """Batches of these sizes, each sealed."""
    for size in sizes:
        add(size, **fields)
        assert seal() >= size  # signing in, say, leaves events of its own


def bundle(since=None, until=None) -> bytes:
    """The bytes of the bundle for these times."""
    with make_bundle(bundle_part(since, until)) as file:
        return file.read()
