"""The journal: what each account holds, appended with every mutation and read back at the start.

A record is a length, a CRC-32 and a body; a record that a crash tore off at the end is ignored.
"""

import os
import pickle
import struct
import sys
import zlib
from importlib.metadata import version
from pathlib import Path

_HEAD = struct.Struct(">II")
_COMPACT_BYTES = 32 * 1024 * 1024
Key = tuple[str, ...]


class JournalForeign(Exception):
    """The data directory was written by other versions of Python or moto; it has to be started over."""


def _mark() -> bytes:
    made_by = (
        f"release-gate-sandbox 1 python {sys.version_info[0]}.{sys.version_info[1]} moto {version('moto')}"
    )
    return made_by.encode() + b"\n"


class Journal:
    """The states of one data directory by key, newest last. Not thread-safe: the keeper holds a lock."""

    def __init__(self, directory: Path):
        self._path = directory / "journal"
        self._live: dict[Key, bytes] = {}
        self._file = None

    def load(self) -> dict[Key, bytes]:
        """Read the journal, drop a torn end, and open it for appending. Raises JournalForeign."""
        if self._path.exists() and self._path.stat().st_size:
            self._read()
        self._compact()
        return dict(self._live)

    def _read(self) -> None:
        data = self._path.read_bytes()
        mark = _mark()
        if not data.startswith(mark):
            raise JournalForeign(f"{self._path} was written by another version; start over with --reset")
        position = len(mark)
        while position + _HEAD.size <= len(data):
            length, crc = _HEAD.unpack_from(data, position)
            body = data[position + _HEAD.size : position + _HEAD.size + length]
            if len(body) < length or zlib.crc32(body) != crc:
                return
            self._live |= pickle.loads(zlib.decompress(body))
            position += _HEAD.size + length

    def append(self, states: dict[Key, bytes]) -> None:
        """Add the new states of some keys as one record, on disk when this returns."""
        changed = {key: state for key, state in states.items() if self._live.get(key) != state}
        if not changed:
            return
        self._file.write(_framed(changed))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._live |= changed
        if self._file.tell() > _COMPACT_BYTES + 3 * sum(map(len, self._live.values())):
            self._compact()

    def _compact(self) -> None:
        """Write the journal anew with the newest states only, and put it in place at once."""
        self.close()
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as sink:
            sink.write(_mark())
            if self._live:
                sink.write(_framed(self._live))
            sink.flush()
            os.fsync(sink.fileno())
        fresh.replace(self._path)
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        self._file = self._path.open("ab")

    def close(self) -> None:
        """Close the file; everything appended is on disk already."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _framed(states: dict[Key, bytes]) -> bytes:
    body = zlib.compress(pickle.dumps(states, protocol=5), 1)
    return _HEAD.pack(len(body), zlib.crc32(body)) + body
