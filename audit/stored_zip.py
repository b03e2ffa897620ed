"""A zip file whose bytes follow from its content alone: stored, no extra fields, one fixed date. Pure.

Layout of PKWARE's APPNOTE 6.3: local header and data of each member, the central directory, its end record.
Every field that could differ between machines is fixed: version 20, no flags, 1980-01-01 00:00, attributes 0.
"""

import struct
import zlib
from collections.abc import Iterable
from typing import BinaryIO

VERSION = 20
DATE = 0x0021  # 1980-01-01, the earliest a zip can say
LARGEST = 0xFFFF_FFFF  # bytes; what goes beyond would need ZIP64
_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")


class ArchiveTooLarge(Exception):
    """The content does not fit into a zip file without ZIP64 (4 GiB)."""


class StoredZip:
    """Writes members one after the other into a seekable binary `target`; `close()` writes the directory."""

    def __init__(self, target: BinaryIO):
        self._target = target
        self._members: list[tuple[bytes, int, int, int]] = []  # name, crc, size, offset

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write the member `name` (ASCII) from `chunks`. Raises ArchiveTooLarge."""
        encoded, offset = name.encode("ascii"), self._target.tell()
        self._target.write(self._local(encoded, 0, 0))
        crc = size = 0
        for chunk in chunks:
            crc, size = zlib.crc32(chunk, crc), size + len(chunk)
            self._target.write(chunk)
            if self._target.tell() > LARGEST:
                raise ArchiveTooLarge(f"{name} ends beyond 4 GiB")
        end = self._target.tell()
        self._target.seek(offset)
        self._target.write(self._local(encoded, crc, size))
        self._target.seek(end)
        self._members.append((encoded, crc, size, offset))

    def close(self) -> None:
        """Write the central directory. The target stays open. Raises ArchiveTooLarge."""
        start = self._target.tell()
        for name, crc, size, offset in self._members:
            head = (
                0x02014B50,
                VERSION,
                VERSION,
                0,
                0,
                0,
                DATE,
                crc,
                size,
                size,
                len(name),
                0,
                0,
                0,
                0,
                0,
                offset,
            )
            self._target.write(_CENTRAL.pack(*head) + name)
        length, count = self._target.tell() - start, len(self._members)
        if start + length > LARGEST:
            raise ArchiveTooLarge("the directory ends beyond 4 GiB")
        self._target.write(_END.pack(0x06054B50, 0, 0, count, count, length, start, 0))

    @staticmethod
    def _local(name: bytes, crc: int, size: int) -> bytes:
        return _LOCAL.pack(0x04034B50, VERSION, 0, 0, 0, DATE, crc, size, size, len(name), 0) + name
