"""The key that signs checkpoints: from the settings, or in embedded mode a file made at the first start."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audit.note import NoteError, VerifierKey, sign, verifier_key


@dataclass(frozen=True)
class Signer:
    """Signs notes in the name of the log."""

    key: VerifierKey
    private: Ed25519PrivateKey

    @classmethod
    def of(cls, origin: str, private: Ed25519PrivateKey) -> "Signer":
        """The signer for the log named `origin`. Raises NoteError if the name cannot be that of a key."""
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return cls(verifier_key(origin, public), private)

    @property
    def vkey(self) -> str:
        return str(self.key)

    def sign(self, text: str) -> str:
        """The signed note over `text`."""
        return sign(text, self.key, self.private)


def load_signer() -> Signer:
    """The signer of this installation. Outside production a missing key is made and kept in
    DATA_DIR/log-key.pem (0600). Raises ImproperlyConfigured for a missing key in production or one that is
    not Ed25519 in PKCS#8."""
    pem = settings.AUDIT_SIGNING_KEY
    if pem is None:
        if settings.PRODUCTION:
            raise ImproperlyConfigured("RELEASEGATE_AUDIT_SIGNING_KEY is required where the sealer runs.")
        pem = _kept(Path(settings.DATA_DIR) / "log-key.pem")
    try:
        private = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ImproperlyConfigured("RELEASEGATE_AUDIT_SIGNING_KEY is not a private key in PEM.") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise ImproperlyConfigured("RELEASEGATE_AUDIT_SIGNING_KEY is not an Ed25519 key.")
    try:
        return Signer.of(settings.AUDIT_ORIGIN, private)
    except NoteError as error:
        raise ImproperlyConfigured(f"RELEASEGATE_AUDIT_ORIGIN: {error}.") from error


def _kept(path: Path) -> str:
    if not path.exists():
        _make(path)
    return path.read_text()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor, fresh = tempfile.mkstemp(dir=path.parent)  # readable by its owner only
    with open(descriptor, "wb") as file:
        file.write(pem)
    # A link, not a rename: of two processes that start together the first one's key stays.
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(fresh)
