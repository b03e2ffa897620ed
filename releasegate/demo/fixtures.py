"""What the demo teams' CI built: templates, bundles and tests, byte for byte the same on every start."""

import hashlib
import io
import json
import zipfile

STAMP = (2026, 1, 1, 0, 0, 0)  # inside every zip, so that its digest never changes

TESTS_YAML = """\
suites:
  - name: smoke
    kind: codebuild
    buildspec: releasegate/smoke.yml
    timeout: 120
    required: true
    report: reports/junit.xml
"""
SMOKE_YML = """\
version: 0.2
phases:
  build:
    commands:
      - sh releasegate/smoke.sh
artifacts:
  files:
    - reports/junit.xml
"""
SMOKE_SH = """\
set -eu
mkdir -p reports
echo "smoke tests of $RELEASEGATE_APPLICATION $RELEASEGATE_VERSION in $RELEASEGATE_ENVIRONMENT"
test -n "$RELEASEGATE_ENVIRONMENT"
cat > reports/junit.xml <<XML
<testsuite name="smoke" tests="3" failures="0" errors="0" skipped="0" time="0.06">
  <testcase classname="smoke" name="answers in $RELEASEGATE_ENVIRONMENT" time="0.02"/>
  <testcase classname="smoke" name="says that it is $RELEASEGATE_VERSION" time="0.02"/>
  <testcase classname="smoke" name="reaches what it depends on" time="0.02"/>
</testsuite>
XML
"""
JUNIT = """\
<testsuites><testsuite name="unit" tests="{n}" failures="0" errors="0" skipped="1" time="4.2">
{cases}</testsuite></testsuites>
"""
COVERAGE = """\
<?xml version="1.0"?>
<coverage line-rate="0.9" branch-rate="0.8" version="7.17" timestamp="0"><packages>
<package name="{app}" line-rate="0.9" branch-rate="0.8">
<classes><class name="main" filename="{app}/main.py" line-rate="0.9" branch-rate="0.8"><methods/><lines>
{lines}</lines></class></classes></package></packages></coverage>
"""


def archive(files: dict[str, bytes | str]) -> bytes:
    """A zip of `files` with fixed order and dates."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in sorted(files):
            data = files[path]
            info = zipfile.ZipInfo(path, STAMP)
            info.external_attr = 0o644 << 16
            bundle.writestr(info, data.encode() if isinstance(data, str) else data)
    return buffer.getvalue()


def tests() -> bytes:
    """The test-bundle: the spec where the release pipeline looks for it, and what it names."""
    return archive(
        {
            "releasegate/tests.yaml": TESTS_YAML,
            "releasegate/smoke.yml": SMOKE_YML,
            "releasegate/smoke.sh": SMOKE_SH,
        }
    )


def payments_template(version: str) -> bytes:
    """The stack: a role and a function; 1.1.0 gives it more memory and a topic to publish to."""
    parameters = {
        name: {"Type": "String"}
        for name in ("Stage", "FunctionBucket", "FunctionKey", "FunctionObjectVersion")
    }
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "payments",
        "Parameters": parameters,
        "Resources": _resources(newer=version != "1.0.0"),
        "Outputs": {"FunctionName": {"Value": {"Ref": "Function"}}},
    }
    return json.dumps(template, indent=1).encode()


def _resources(*, newer: bool) -> dict:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.12",
                "Handler": "main.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "MemorySize": 256 if newer else 128,
                "Code": {
                    "S3Bucket": {"Ref": "FunctionBucket"},
                    "S3Key": {"Ref": "FunctionKey"},
                    "S3ObjectVersion": {"Ref": "FunctionObjectVersion"},
                },
            },
        },
        "Limit": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Type": "String",
                "Value": "500" if newer else "250",
                "Description": "Daily limit",
            },
        },
    }
    if newer:
        resources["Events"] = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "payments"}}
    return resources


def payments_function(version: str) -> bytes:
    return archive(
        {
            "main.py": f'VERSION = "{version}"\n\n\ndef handler(event, context):\n    return {{"version": VERSION}}\n'
        }
    )


def storefront_site(version: str) -> bytes:
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Storefront</title>\n'
        '<link rel="stylesheet" href="site.css">\n</head>\n'
        f"<body>\n<h1>Storefront {version}</h1>\n<p>Everything for the small workshop.</p>\n</body>\n</html>\n"
    )
    files = {
        "index.html": page,
        "site.css": f"/* {version} */\nbody {{ font-family: sans-serif; margin: 3rem }}\n",
    }
    if version != "1.0.0":
        files["delivery.html"] = page.replace("Everything for", "Delivered tomorrow: everything for")
    return archive(files)


def artifacts(application: str, version: str) -> list[tuple[str, str, str, bytes]]:
    """[(name, kind, file name, bytes)] of one version of one application."""
    bundle = ("tests", "test-bundle", "tests.zip", tests())
    if application == "payments":
        return [
            ("template", "cloudformation-template", "template.json", payments_template(version)),
            ("function", "lambda-zip", "function.zip", payments_function(version)),
            bundle,
        ]
    return [("site", "s3-bundle", "site.zip", storefront_site(version)), bundle]


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def junit(count: int = 48) -> bytes:
    cases = "".join(f'<testcase classname="unit" name="case {n}" time="0.08"/>\n' for n in range(count - 1))
    cases += '<testcase classname="unit" name="needs a printer" time="0"><skipped/></testcase>\n'
    return JUNIT.format(n=count, cases=cases).encode()


def coverage(application: str, lines: int = 120) -> bytes:
    rows = "".join(f'<line number="{n}" hits="{0 if n % 10 == 0 else 3}"/>\n' for n in range(1, lines + 1))
    return COVERAGE.format(app=application, lines=rows).encode()
