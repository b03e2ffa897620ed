"""Making a bundle file from stored checkpoints and subtrees."""

import tempfile
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from audit.exports.bundle import Part, write_bundle
from audit.queries import StoredNodes
from audit.stored_zip import ArchiveTooLarge
from kernel.refusals import Invalid


class RangeTooLarge(Invalid):
    """The range does not fit into one bundle."""

    code = "range_too_large"
    title = "The range is too large"


def make_bundle(part: Part) -> BinaryIO:
    """A temporary file with the bundle of `part`, at its beginning; it vanishes when closed.
    Raises RangeTooLarge (422) beyond 4 GiB.

    In the data directory, because /tmp is memory in a container, and a bundle may be larger than that.
    """
    folder = Path(settings.DATA_DIR) / "bundles"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = tempfile.TemporaryFile(suffix=".rgaudit", dir=folder)  # noqa: SIM115  (the response closes it)
    try:
        write_bundle(file, part, StoredNodes())
    except ArchiveTooLarge as error:
        file.close()
        raise RangeTooLarge("A bundle holds at most 4 GiB; ask for a shorter range.") from error
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file
