"""Test bundles: a zip that holds releasegate/tests.yaml."""

import hashlib
import io
import zipfile

SPEC = b"""\
suites:
  - name: smoke
    kind: codebuild
    buildspec: buildspec.yml
"""
SPEC_DIGEST = "sha256:" + hashlib.sha256(SPEC).hexdigest()


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of these files, {path: content}: the same bytes whenever it is made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content)
    return buffer.getvalue()


BUNDLE = zipped({"releasegate/tests.yaml": SPEC, "buildspec.yml": b"version: 0.2\n"})
