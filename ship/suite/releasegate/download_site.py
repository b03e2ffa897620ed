"""Is the site that was deployed into this account whole, and does what it offers work? Writes a JUnit report.

Runs in the account's CodeBuild, with the account's own rights to read its bucket.
"""

import ast
import hashlib
import io
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import quoteattr


class Site:
    """`fetch(key)` gives the bytes of an object of the site's bucket."""

    def __init__(self, fetch, version):
        self.fetch, self.version = fetch, version

    def page(self):
        return self.fetch("index.html").decode()

    def file(self, path):
        """A file as a browser would find it: relative to the page's base."""
        base = re.search(r'<base href="/(releases/[0-9a-f]{64}/)">', self.page())
        assert base, "the page has no base that names its release"
        return self.fetch(base.group(1) + path)

    def the_page_says_which_version_it_is(self):
        assert f"<h1>Release Gate {self.version}</h1>" in self.page(), "the page is of another version"

    def every_file_that_is_linked_has_the_sum_it_should(self):
        lines = self.file("SHA256SUMS").decode().splitlines()
        sums = {path: digest for digest, path in (line.split("  ", 1) for line in lines)}
        linked = set(re.findall(r'<a href="([^"]+)"', self.page())) - {"SHA256SUMS"}
        assert linked == set(sums), f"the page links {sorted(linked)}, the sums are of {sorted(sums)}"
        for path, digest in sums.items():
            assert hashlib.sha256(self.file(path)).hexdigest() == digest, f"{path} is damaged"

    def the_source_archive_unpacks_and_every_module_parses(self):
        name = f"release-gate-{self.version}"
        with zipfile.ZipFile(io.BytesIO(self.file(f"{name}.zip"))) as packed:
            assert packed.testzip() is None, "the archive is damaged"
            modules = [path for path in packed.namelist() if path.endswith(".py")]
            assert f"{name}/manage.py" in modules, "the archive holds no manage.py"
            for path in modules:
                ast.parse(packed.read(path), path)

    def the_command_line_starts(self):
        with tempfile.TemporaryDirectory() as folder:
            tool = Path(folder) / "relgate.py"
            tool.write_bytes(self.file("relgate.py"))
            asked = [sys.executable, "-I", str(tool), "--version"]
            said = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True).stdout
        released = self.version.partition("+")[0]
        assert said == f"relgate {released}\n", f"it says {said!r}"

    def checks(self):
        """[(name, function)] in the order they stand above."""
        words = [name for name in vars(Site) if name.startswith(("the_", "every_"))]
        return [(name.replace("_", " "), getattr(self, name)) for name in words]


def run(site):
    """[(name, what is wrong or None)]."""
    found = []
    for name, check in site.checks():
        try:
            check()
            wrong = None
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        print(f"{'FAILED' if wrong else 'ok':<7} {name}{': ' + wrong if wrong else ''}")
        found.append((name, wrong))
    return found


def report(found):
    """The JUnit XML of what run() found."""
    failed = sum(wrong is not None for _, wrong in found)
    cases = "".join(
        f'  <testcase classname="download-site" name={quoteattr(name)} time="0">'
        + (f"<failure message={quoteattr(wrong)}/>" if wrong else "")
        + "</testcase>\n"
        for name, wrong in found
    )
    head = f'<testsuite name="download-site" tests="{len(found)}" failures="{failed}" errors="0" skipped="0" time="0">'
    return f"{head}\n{cases}</testsuite>\n"


def reader():
    """fetch(key) from the bucket of this account's site, by the name accounts are prepared with."""
    import boto3

    account = boto3.client("sts").get_caller_identity()["Account"]
    bucket, s3 = f"rg-site-{account}-{os.environ['AWS_REGION']}", boto3.client("s3")
    print(f"reading s3://{bucket} in account {account}")
    return lambda key: s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def main(path):
    found = run(Site(reader(), os.environ["RELEASEGATE_VERSION"]))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(report(found))
    return any(wrong for _, wrong in found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
