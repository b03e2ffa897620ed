"""An authenticator in a few lines: it makes a key and signs what a page would hand it."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from fido2 import cbor
from fido2.cose import ES256, EdDSA
from fido2.webauthn import AuthenticatorData

from approvals.actions.accept_signature import Signed
from approvals.statement import Assertion, challenge, to_text
from deployments.actions.prepare_vote import prepare_vote
from kernel.actor import Actor
from teams.actions.add_passkey import add_passkey

RP_ID, ORIGIN = "localhost", "http://localhost:8000"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """`kind`: es256 or ed25519. `count` grows with every signature; `counts=False` tells 0 for ever."""

    kind: str = "es256"
    counts: bool = True
    rp_id: str = RP_ID
    origin: str = ORIGIN
    flags: int = PRESENT | VERIFIED
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def __post_init__(self):
        made = ec.generate_private_key(ec.SECP256R1()) if self.kind == "es256" else None
        self.key = made or ed25519.Ed25519PrivateKey.generate()

    @property
    def cose(self) -> bytes:
        return cbor.encode(
            dict((ES256 if self.kind == "es256" else EdDSA).from_cryptography_key(self.key.public_key()))
        )

    def tick(self) -> int:
        self.count += 1 if self.counts else 0
        return self.count

    def data(self, flags: int, tail: bytes = b"") -> bytes:
        where = hashlib.sha256(self.rp_id.encode()).digest()
        return where + bytes([flags]) + self.tick().to_bytes(4, "big") + tail

    def registration(self, asked: str) -> dict:
        """The JSON of a browser's answer to navigator.credentials.create() with the challenge `asked`."""
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self.cose
        data = self.data(self.flags | ATTESTED, attested)
        client = json.dumps({"type": "webauthn.create", "challenge": asked, "origin": self.origin}).encode()
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        name = to_text(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": {"clientDataJSON": to_text(client), "attestationObject": to_text(attestation)},
            "clientExtensionResults": {"credProps": {"rk": True}},
        }

    def enrol(self, actor: Actor):
        """Enrolled as after a registration that was checked."""
        credential = self.registration(to_text(b"asked"))
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self.cose
        data = AuthenticatorData(self.data(self.flags | ATTESTED, attested))
        return add_passkey(actor=actor, name="Laptop", credential=credential, data=data)

    def sign(self, stated: dict, **client) -> Assertion:
        """The answer to a statement; `client`: members of the client data that are otherwise as they should be."""
        asked = {"type": "webauthn.get", "challenge": to_text(challenge(stated)), "origin": self.origin}
        told = json.dumps({**asked, "crossOrigin": False, **client}).encode()
        data = self.data(self.flags)
        return Assertion(self.credential_id, data, told, self.signature(data + hashlib.sha256(told).digest()))

    def signature(self, message: bytes) -> bytes:
        if self.kind == "es256":
            return self.key.sign(message, ec.ECDSA(hashes.SHA256()))
        return self.key.sign(message)

    def answer(self, actor: Actor, approval, decision: str = "approve", **client) -> Signed:
        """A statement asked for and signed, ready for cast_vote(signed=…)."""
        issued = prepare_vote(
            actor=actor, request_id=approval.pk, decision=decision, content_hash=approval.content_hash
        )
        return Signed(issued.statement["nonce"], self.sign(issued.statement, **client))


def as_json(assertion: Assertion) -> dict:
    """What the browser would post."""
    return {
        "id": to_text(assertion.credential_id),
        "type": "public-key",
        "response": {
            "authenticatorData": to_text(assertion.authenticator_data),
            "clientDataJSON": to_text(assertion.client_data),
            "signature": to_text(assertion.signature),
        },
    }
