"""One scene for each target kind: releases of the same target, as contexts. The suite in test_contract.py plays them.

A scene is a function (session, target, number of the release, name prefix, **more) → Context. Two releases with
other numbers differ in something that a plan shows.
"""

from aws.sandbox.seed import site_bucket
from deployments.executor import Context
from tests.aws.sandbox.cloudformation import stacks
from tests.builds.bundles import zipped
from tests.deployments.executors import carrying


def cloudformation_stack(session, target, number: int, prefix: str, **more) -> Context:
    data = stacks.template(P=stacks.parameter(str(number), Name="/p")).encode()
    staging = f"rg-staging-{target.account_id}-{target.region}"
    version = session.client("s3").put_object(Bucket=staging, Key=prefix, Body=data)["VersionId"]
    ref = carrying.artifact(
        "template", "cloudformation-template", data, bucket=staging, key=prefix, version_id=version
    )
    settings = {"stack": "payments-dev", "template": "template"}
    return _context(session, target, settings, ref, data, number, prefix, more)


def s3_site(session, target, number: int, prefix: str, **more) -> Context:
    data = zipped({"index.html": b"<html><head></head>%d</html>" % number, "app.js": b"%d" % number})
    ref = carrying.artifact("site", "s3-bundle", data)
    settings = {"bucket": site_bucket(target.account_id, target.region), "artifact": "site"}
    return _context(session, target, settings, ref, data, number, prefix, more)


def _context(session, target, settings, ref, data, number, prefix, more) -> Context:
    values = {"version": f"{number}.0.0", "name_prefix": prefix, **more}
    return carrying.context(session, target, settings, {ref.name: data}, {ref.name: ref}, **values)


SCENES = {"cloudformation-stack": cloudformation_stack, "s3-site": s3_site}
