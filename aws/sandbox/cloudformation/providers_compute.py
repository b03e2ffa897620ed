"""Providers for Lambda, IAM and CloudWatch Logs."""

import io
import json
import zipfile
from typing import Any

from botocore.exceptions import ClientError

from aws.sandbox.cloudformation.resources import (
    Made,
    Place,
    Provider,
    ResourceFailed,
    number,
    picked,
    required,
    tags_of,
)
from aws.sandbox.cloudformation.state import Resource

_FUNCTION_FIELDS = [
    "FunctionName",
    "Role",
    "Handler",
    "Runtime",
    "Description",
    "MemorySize",
    "Timeout",
    "Environment",
    "Layers",
    "VpcConfig",
    "TracingConfig",
    "Architectures",
    "DeadLetterConfig",
    "EphemeralStorage",
    "PackageType",
]


def _code(code: dict[str, Any]) -> dict[str, Any]:
    """Code of a function: an object in S3, or inline text, which becomes a zip with one index file."""
    if "ZipFile" not in code:
        return picked(code, "S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py"), code["ZipFile"])
    return {"ZipFile": buffer.getvalue()}


def _check_code(place: Place, code: dict[str, Any]) -> None:
    """Raise as Lambda does when the code's object is not there (moto makes the function all the same)."""
    if "S3Bucket" not in code:
        return
    request = {"Bucket": code["S3Bucket"], "Key": code.get("S3Key", "")}
    if "S3ObjectVersion" in code:
        request["VersionId"] = code["S3ObjectVersion"]
    try:
        place.client("s3").head_object(**request)
    except ClientError as exc:
        missing = "NoSuchVersion" if "S3ObjectVersion" in code else "NoSuchKey"
        status = exc.response["ResponseMetadata"]["HTTPStatusCode"]
        name = "AccessDenied" if status == 403 else missing
        text = f"Error occurred while GetObject. S3 Error Code: {name}. S3 Error Message: no such object"
        raise ResourceFailed(
            f'Resource handler returned message: "{text} (Service: Lambda, Status Code: 400)" '
            "(HandlerErrorCode: InvalidRequest)"
        ) from exc


def _function_settings(properties: dict[str, Any]) -> dict[str, Any]:
    fields = picked(properties, *_FUNCTION_FIELDS)
    for name in ("MemorySize", "Timeout"):
        if name in fields:
            fields[name] = number(fields[name])
    if "Variables" in fields.get("Environment", {}):
        pairs = fields["Environment"]["Variables"].items()
        fields["Environment"] = {"Variables": {key: str(value) for key, value in pairs}}
    return fields


def _function(place: Place, name: str) -> Made:
    return Made(name, {"Arn": place.arn("lambda", f"function:{name}")})


def _create_function(place: Place, name: str, properties: dict[str, Any]) -> Made:
    required(properties, "Code", "Role")
    _check_code(place, properties["Code"])
    tags = {tag["Key"]: tag["Value"] for tag in tags_of(properties)}
    fields = {**_function_settings(properties), "FunctionName": name, "Tags": tags}
    place.client("lambda").create_function(**fields, Code=_code(properties["Code"]))
    return _function(place, name)


def _update_function(place: Place, resource: Resource, properties: dict[str, Any]) -> Made:
    client, name = place.client("lambda"), resource.physical_id
    if properties.get("Code") != resource.properties.get("Code"):
        _check_code(place, properties["Code"])
        client.update_function_code(FunctionName=name, **_code(properties["Code"]))
    settings = _function_settings(properties)
    for fixed in ("PackageType", "Architectures", "FunctionName"):
        settings.pop(fixed, None)
    client.update_function_configuration(FunctionName=name, **settings)
    return _function(place, name)


def _delete_function(place: Place, resource: Resource) -> None:
    place.client("lambda").delete_function(FunctionName=resource.physical_id)


def _create_version(place: Place, name: str, properties: dict[str, Any]) -> Made:
    required(properties, "FunctionName")
    answer = place.client("lambda").publish_version(
        **picked(properties, "FunctionName", "Description", "CodeSha256")
    )
    arn = answer["FunctionArn"]
    return Made(arn, {"Version": answer["Version"], "FunctionArn": arn})


def _keep(place: Place, resource: Resource, properties: dict[str, Any]) -> Made:
    return Made(resource.physical_id, resource.attributes)


def _delete_version(place: Place, resource: Resource) -> None:
    function, _, version = resource.physical_id.rpartition(":")
    place.client("lambda").delete_function(FunctionName=function, Qualifier=version)


def _create_alias(place: Place, name: str, properties: dict[str, Any]) -> Made:
    required(properties, "FunctionName", "FunctionVersion", "Name")
    fields = picked(properties, "FunctionName", "FunctionVersion", "Name", "Description")
    arn = place.client("lambda").create_alias(**fields)["AliasArn"]
    return Made(arn, {"AliasArn": arn})


def _update_alias(place: Place, resource: Resource, properties: dict[str, Any]) -> Made:
    fields = picked(properties, "FunctionName", "FunctionVersion", "Name", "Description")
    place.client("lambda").update_alias(**fields)
    return Made(resource.physical_id, resource.attributes)


def _delete_alias(place: Place, resource: Resource) -> None:
    place.client("lambda").delete_alias(
        FunctionName=resource.properties["FunctionName"], Name=resource.properties["Name"]
    )


def _create_permission(place: Place, name: str, properties: dict[str, Any]) -> Made:
    required(properties, "Action", "FunctionName", "Principal")
    fields = picked(properties, "Action", "FunctionName", "Principal", "SourceArn", "SourceAccount")
    place.client("lambda").add_permission(StatementId=name, **fields)
    return Made(name, {"Id": name})


def _delete_permission(place: Place, resource: Resource) -> None:
    place.client("lambda").remove_permission(
        FunctionName=resource.properties["FunctionName"], StatementId=resource.physical_id
    )


def _role_policies(place: Place, name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    iam = place.client("iam")
    before = {entry["PolicyName"] for entry in old.get("Policies") or []}
    after = {entry["PolicyName"]: entry["PolicyDocument"] for entry in new.get("Policies") or []}
    for policy in sorted(before - set(after)):
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for policy, document in after.items():
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))


def _create_role(place: Place, name: str, properties: dict[str, Any]) -> Made:
    required(properties, "AssumeRolePolicyDocument")
    fields = picked(properties, "Description", "Path", "PermissionsBoundary")
    if "MaxSessionDuration" in properties:
        fields["MaxSessionDuration"] = number(properties["MaxSessionDuration"])
    trust = json.dumps(properties["AssumeRolePolicyDocument"])
    role = place.client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=trust, Tags=tags_of(properties), **fields
    )["Role"]
    _role_policies(place, name, {}, properties)
    return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _update_role(place: Place, resource: Resource, properties: dict[str, Any]) -> Made:
    trust = json.dumps(properties["AssumeRolePolicyDocument"])
    place.client("iam").update_assume_role_policy(RoleName=resource.physical_id, PolicyDocument=trust)
    if "Description" in properties:
        description = properties["Description"]
        place.client("iam").update_role(RoleName=resource.physical_id, Description=description)
    _role_policies(place, resource.physical_id, resource.properties, properties)
    return Made(resource.physical_id, resource.attributes)


def _delete_role(place: Place, resource: Resource) -> None:
    _role_policies(place, resource.physical_id, resource.properties, {})
    place.client("iam").delete_role(RoleName=resource.physical_id)


def _put_policy(place: Place, name: str, properties: dict[str, Any]) -> Made:
    required(properties, "PolicyName", "PolicyDocument")
    document = json.dumps(properties["PolicyDocument"])
    for role in properties.get("Roles") or []:
        place.client("iam").put_role_policy(
            RoleName=role, PolicyName=properties["PolicyName"], PolicyDocument=document
        )
    return Made(name, {"Id": name})


def _update_policy(place: Place, resource: Resource, properties: dict[str, Any]) -> Made:
    _delete_policy(place, resource)
    return _put_policy(place, resource.physical_id, properties)


def _delete_policy(place: Place, resource: Resource) -> None:
    for role in resource.properties.get("Roles") or []:
        place.client("iam").delete_role_policy(RoleName=role, PolicyName=resource.properties["PolicyName"])


def _create_log_group(place: Place, name: str, properties: dict[str, Any]) -> Made:
    place.client("logs").create_log_group(logGroupName=name)
    _retention(place, name, properties)
    return Made(name, {"Arn": place.arn("logs", f"log-group:{name}:*")})


def _retention(place: Place, name: str, properties: dict[str, Any]) -> None:
    if "RetentionInDays" in properties:
        days = number(properties["RetentionInDays"])
        place.client("logs").put_retention_policy(logGroupName=name, retentionInDays=days)


def _update_log_group(place: Place, resource: Resource, properties: dict[str, Any]) -> Made:
    _retention(place, resource.physical_id, properties)
    return Made(resource.physical_id, resource.attributes)


def _delete_log_group(place: Place, resource: Resource) -> None:
    place.client("logs").delete_log_group(logGroupName=resource.physical_id)


PROVIDERS = {
    "AWS::Lambda::Function": Provider(
        _create_function,
        _update_function,
        _delete_function,
        frozenset(["FunctionName", "PackageType"]),
        "FunctionName",
    ),
    "AWS::Lambda::Version": Provider(_create_version, _keep, _delete_version, all_immutable=True),
    "AWS::Lambda::Alias": Provider(
        _create_alias, _update_alias, _delete_alias, frozenset(["FunctionName", "Name"])
    ),
    "AWS::Lambda::Permission": Provider(_create_permission, _keep, _delete_permission, all_immutable=True),
    "AWS::IAM::Role": Provider(
        _create_role, _update_role, _delete_role, frozenset(["RoleName", "Path"]), "RoleName"
    ),
    "AWS::IAM::Policy": Provider(_put_policy, _update_policy, _delete_policy),
    "AWS::Logs::LogGroup": Provider(
        _create_log_group, _update_log_group, _delete_log_group, frozenset(["LogGroupName"]), "LogGroupName"
    ),
}
