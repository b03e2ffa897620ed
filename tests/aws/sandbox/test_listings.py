"""Listings: what every account holds, with the ids that must outlive a restart."""

from tests.aws.sandbox.cloudformation import stacks


def test_listing_names_objects_with_every_version(session, staging, target, control):
    s3 = session.client("s3")
    ids = [s3.put_object(Bucket=staging, Key="k", Body=body)["VersionId"] for body in (b"one", b"three")]
    marker = s3.delete_object(Bucket=staging, Key="k")["VersionId"]
    held = control.listings()[target.account_id]["objects"]
    (bucket,) = [entry for entry in held if entry["bucket"] == staging]
    assert bucket["versioning"] == "Enabled"
    assert [(entry["version_id"], entry["marker"]) for entry in bucket["objects"]] == [
        (ids[0], False),
        (ids[1], False),
        (marker, True),
    ]
    assert [entry["size"] for entry in bucket["objects"][:2]] == [3, 5]


def test_listing_names_stacks_roles_and_parameters(session, target, control):
    body = stacks.with_output(P=stacks.parameter("v", Name="/listed"), R=stacks.ROLE)
    stack = stacks.carry_out(session.client("cloudformation"), "s", "c", body, "CREATE")
    held = control.listings()[target.account_id]
    (listed,) = held["stacks"]
    assert (listed["name"], listed["arn"], listed["status"]) == ("s", stack["StackId"], "CREATE_COMPLETE")
    assert set(listed["resources"]) == {"P", "R"}
    assert held["parameters"] == [{"name": "/listed", "value": "v", "version": 1, "region": "eu-west-1"}]
    names = [role["name"] for role in held["roles"]]
    assert "ReleaseGateDeploy" in names
    assert listed["resources"]["R"][1] in names


def test_account_that_holds_nothing_is_not_listed(control):
    assert "987654321098" not in control.listings()
