"""Bundles for the verifier's tests: made by the server's code, then taken apart and put together by hand."""

import base64
import hashlib
import io
import json
import zipfile

from audit.merkle import CompactRange, consistency_proof, cover, leaf_hash
from audit.stored_zip import StoredZip

ORDER = (
    "manifest.json",
    "checkpoint.first",
    "checkpoint.last",
    "range.txt",
    "consistency.txt",
    "leaves.jsonl",
    "nodes.txt",
    "openings.jsonl",
)


def members(data: bytes) -> dict[str, bytes]:
    """Name → content, read by Python's own zipfile: any tool can open a bundle."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def pack(content: dict[str, bytes]) -> bytes:
    """A bundle with this content, byte for byte as the server would write it."""
    target = io.BytesIO()
    archive = StoredZip(target)
    for name in content:
        archive.add(name, [content[name]])
    archive.close()
    return target.getvalue()


def lines(content: bytes) -> list[bytes]:
    return content.split(b"\n")[:-1]


def joined(parts: list[bytes]) -> bytes:
    return b"".join(part + b"\n" for part in parts)


def event(number: int, **more) -> dict:
    """A body as append() writes it."""
    return {
        "v": 1,
        "id": f"evt_{number}",
        "at": f"2026-11-20T10:00:00.{number:06d}Z",
        "kind": "build.received",
        "actor": {"kind": "system", "id": "test", "method": "system"},
        "subject": "build:bld_1",
        "outcome": "allowed",
        "environment": None,
        "application": None,
        "request_id": None,
        "data": {},
        "private": {},
        **more,
    }


def encode(body: dict) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def forge(bodies: list[bytes], signer, first: int = 0, openings: list[bytes] = ()) -> bytes:
    """A bundle over `bodies`, consistent in itself and signed by `signer`: what a forger with a key could
    make, and what the tests of the rules between events use. Independent of the database."""
    hashes = [leaf_hash(body) for body in bodies]
    before, tree = CompactRange(), CompactRange()
    completed = tree.extend(hashes)
    before.extend(hashes[:first])
    stored = {(0, index): digest for index, digest in enumerate(hashes)}
    stored |= {(level, index): digest for level, index, digest in completed}

    def read(level, index):
        return stored[level, index]

    origin, last = signer.key.name, len(bodies)
    new = sorted((level, index) for level, index, _ in completed if (index + 1) << level > first)
    content = {
        "manifest.json": encode({"first": first, "format": "rgaudit", "last": last, "origin": origin, "v": 1})
        + b"\n",
        "checkpoint.first": note(signer, first, before.root()) if first else b"",
        "checkpoint.last": note(signer, last, tree.root()),
        "range.txt": hash_lines(read(*place) for place in cover(first)),
        "consistency.txt": hash_lines(consistency_proof(read, first, last)),
        "leaves.jsonl": joined([leaf_line(index, body) for index, body in enumerate(bodies)][first:]),
        "nodes.txt": hash_lines(stored[place] for place in new),
        "openings.jsonl": joined(list(openings)),
    }
    return pack(content)


def note(signer, size: int, root: bytes) -> bytes:
    return signer.sign(f"{signer.key.name}\n{size}\n{base64.b64encode(root).decode()}\n").encode()


def hash_lines(hashes) -> bytes:
    return joined([base64.b64encode(digest) for digest in hashes])


def leaf_line(index: int, body: bytes, digest: bytes | None = None) -> bytes:
    digest = digest or hashlib.sha256(b"\x00" + body).digest()
    return b'{"body":"%b","hash":"%b","index":%d}' % (base64.b64encode(body), base64.b64encode(digest), index)
