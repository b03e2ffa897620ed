"""Say in the log that it lives, so that "nothing happened" can be told from "nothing was recorded"."""

from django.db import transaction

from audit.actions.append import append
from audit.models import AuditEvent
from audit.queries import last_checkpoint
from audit.signer import Signer
from audit.tags import Kind
from kernel.actor import Actor


@transaction.atomic
def heartbeat(signer: Signer, kind: Kind = Kind.LOG_HEARTBEAT) -> AuditEvent:
    """Append `log.heartbeat` (every five minutes) or, when a sealer takes up its work, `log.sealed`; both
    name the key and the size of the tree that was signed last. Raises AuditUnavailable."""
    previous = last_checkpoint()
    return append(
        kind=kind,
        actor=Actor.system("sealer"),
        subject=f"log:{signer.key.name}",
        data={"vkey": signer.vkey, "tree_size": previous.tree_size if previous else 0},
    )
