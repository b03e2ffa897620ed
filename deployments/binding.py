"""What a deployment's approval is bound to, computed from what would be done now."""

from approvals.binding import subject


def subject_of(deployment, *, stage: dict, pipeline, gate_version: int) -> dict:
    """The bound fields, schema v1 (approvals.binding.FIELDS_V1); pure over the rows it is given."""
    release, environment = deployment.release, deployment.environment
    account = environment.account
    target = {key: value for key, value in stage["target"].items() if key != "kind"}
    spec = release.build.test_spec or {}
    # A word for the usual way is no word for the expedited one, even where both ask the same people.
    way = {"expedited": True} if deployment.expedited else {}
    return subject(
        application=release.application_id,
        version=release.version,
        artifacts=sorted(
            ({"name": a.name, "digest": a.digest} for a in release.build.artifacts.all()),
            key=lambda a: a["name"],
        ),
        environment=environment.name,
        account=account.account_id,
        region=environment.region,
        role_arn=account.deploy_role_arn,
        target_kind=stage["target"]["kind"],
        parameters={"target": target, "request": deployment.parameters, **way},
        plan_digest=deployment.plan_digest or None,
        pipeline_version=pipeline.number,
        test_specs=[spec["digest"]] if spec.get("digest") else [],
        gate_version=gate_version,
    )
