"""Providers for S3, SSM, SNS, SQS and DynamoDB."""

import json
from typing import Any

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


def _bucket_settings(place: Place, name: str, properties: dict[str, Any]) -> Made:
    s3 = place.client("s3")
    status = (properties.get("VersioningConfiguration") or {}).get("Status")
    if status:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    if tags_of(properties):
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags_of(properties)})
    if "WebsiteConfiguration" in properties:
        site = properties["WebsiteConfiguration"]
        document = {"IndexDocument": {"Suffix": site.get("IndexDocument", "index.html")}}
        if "ErrorDocument" in site:
            document["ErrorDocument"] = {"Key": site["ErrorDocument"]}
        s3.put_bucket_website(Bucket=name, WebsiteConfiguration=document)
    if "PublicAccessBlockConfiguration" in properties:
        settings = {
            key: str(value).lower() == "true"
            for key, value in properties["PublicAccessBlockConfiguration"].items()
        }
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=settings)
    return Made(
        name,
        {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{place.region}.amazonaws.com",
            "WebsiteURL": f"http://{name}.s3-website-{place.region}.amazonaws.com",
        },
    )


def _create_bucket(place: Place, name: str, properties: dict[str, Any]) -> Made:
    where = {"CreateBucketConfiguration": {"LocationConstraint": place.region}}
    place.client("s3").create_bucket(Bucket=name, **({} if place.region == "us-east-1" else where))
    return _bucket_settings(place, name, properties)


def _update_bucket(place: Place, resource: Resource, properties: dict[str, Any]) -> Made:
    before = (resource.properties.get("VersioningConfiguration") or {}).get("Status")
    if before == "Enabled" and "VersioningConfiguration" not in properties:
        suspended = {"VersioningConfiguration": {"Status": "Suspended"}}
        return _bucket_settings(place, resource.physical_id, {**properties, **suspended})
    return _bucket_settings(place, resource.physical_id, properties)


def _delete_bucket(place: Place, resource: Resource) -> None:
    s3, name = place.client("s3"), resource.physical_id
    held = s3.list_object_versions(Bucket=name, MaxKeys=1)
    if held.get("Versions") or held.get("DeleteMarkers"):
        raise ResourceFailed(
            "The bucket you tried to delete is not empty. You must delete all versions in it."
        )
    s3.delete_bucket(Bucket=name)


def _put_bucket_policy(place: Place, name: str, properties: dict[str, Any]) -> Made:
    required(properties, "Bucket", "PolicyDocument")
    document = json.dumps(properties["PolicyDocument"])
    place.client("s3").put_bucket_policy(Bucket=properties["Bucket"], Policy=document)
    return Made(properties["Bucket"])


def _update_bucket_policy(place: Place, resource: Resource, properties: dict[str, Any]) -> Made:
    return _put_bucket_policy(place, resource.physical_id, properties)


def _delete_bucket_policy(place: Place, resource: Resource) -> None:
    place.client("s3").delete_bucket_policy(Bucket=resource.physical_id)


def _put_parameter(place: Place, name: str, properties: dict[str, Any], *, overwrite: bool = False) -> Made:
    required(properties, "Type", "Value")
    if properties["Type"] not in ("String", "StringList"):
        # CloudFormation "Template reference", AWS::SSM::Parameter, Type: allowed values.
        raise ResourceFailed(
            f"Properties validation failed for resource with message: [#/Type: {properties['Type']} "
            "is not a valid enum value]"
        )
    fields = picked(properties, "Description", "Type", "AllowedPattern", "Tier")
    place.client("ssm").put_parameter(
        Name=name, Value=str(properties["Value"]), Overwrite=overwrite, **fields
    )
    return Made(name, {"Type": properties["Type"], "Value": str(properties["Value"])})


def _update_parameter(place: Place, resource: Resource, properties: dict[str, Any]) -> Made:
    return _put_parameter(place, resource.physical_id, properties, overwrite=True)


def _delete_parameter(place: Place, resource: Resource) -> None:
    place.client("ssm").delete_parameter(Name=resource.physical_id)


def _create_topic(place: Place, name: str, properties: dict[str, Any]) -> Made:
    attributes = picked(properties, "DisplayName", "KmsMasterKeyId")
    arn = place.client("sns").create_topic(Name=name, Attributes=attributes, Tags=tags_of(properties))[
        "TopicArn"
    ]
    for entry in properties.get("Subscription") or []:
        place.client("sns").subscribe(TopicArn=arn, Protocol=entry["Protocol"], Endpoint=entry["Endpoint"])
    return Made(arn, {"TopicArn": arn, "TopicName": name})


def _update_topic(place: Place, resource: Resource, properties: dict[str, Any]) -> Made:
    for key in ("DisplayName", "KmsMasterKeyId"):
        if properties.get(key) != resource.properties.get(key):
            place.client("sns").set_topic_attributes(
                TopicArn=resource.physical_id, AttributeName=key, AttributeValue=properties.get(key, "")
            )
    return Made(resource.physical_id, resource.attributes)


def _delete_topic(place: Place, resource: Resource) -> None:
    place.client("sns").delete_topic(TopicArn=resource.physical_id)


_QUEUE_ATTRIBUTES = [
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
    "FifoQueue",
    "ContentBasedDeduplication",
    "KmsMasterKeyId",
]


def _queue_attributes(properties: dict[str, Any]) -> dict[str, str]:
    found = {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in picked(properties, *_QUEUE_ATTRIBUTES).items()
    }
    if "RedrivePolicy" in properties:
        found["RedrivePolicy"] = json.dumps(properties["RedrivePolicy"])
    return found


def _create_queue(place: Place, name: str, properties: dict[str, Any]) -> Made:
    tags = {tag["Key"]: tag["Value"] for tag in tags_of(properties)}
    url = place.client("sqs").create_queue(
        QueueName=name, Attributes=_queue_attributes(properties), tags=tags
    )["QueueUrl"]
    return Made(url, {"Arn": place.arn("sqs", name), "QueueName": name, "QueueUrl": url})


def _update_queue(place: Place, resource: Resource, properties: dict[str, Any]) -> Made:
    attributes = _queue_attributes(properties)
    attributes.pop("FifoQueue", None)
    if attributes:
        place.client("sqs").set_queue_attributes(QueueUrl=resource.physical_id, Attributes=attributes)
    return Made(resource.physical_id, resource.attributes)


def _delete_queue(place: Place, resource: Resource) -> None:
    place.client("sqs").delete_queue(QueueUrl=resource.physical_id)


_TABLE_FIELDS = [
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "StreamSpecification",
    "SSESpecification",
]


def _throughput(properties: dict[str, Any]) -> dict[str, Any]:
    if "ProvisionedThroughput" not in properties:
        return {}
    pairs = properties["ProvisionedThroughput"].items()
    return {"ProvisionedThroughput": {key: number(value) for key, value in pairs}}


def _create_table(place: Place, name: str, properties: dict[str, Any]) -> Made:
    required(properties, "KeySchema", "AttributeDefinitions")
    fields = {**picked(properties, *_TABLE_FIELDS), **_throughput(properties)}
    table = place.client("dynamodb").create_table(TableName=name, Tags=tags_of(properties), **fields)
    arn = table["TableDescription"]["TableArn"]
    return Made(name, {"Arn": arn})


def _update_table(place: Place, resource: Resource, properties: dict[str, Any]) -> Made:
    fields = {**picked(properties, "BillingMode", "StreamSpecification"), **_throughput(properties)}
    if fields:
        place.client("dynamodb").update_table(TableName=resource.physical_id, **fields)
    return Made(resource.physical_id, resource.attributes)


def _delete_table(place: Place, resource: Resource) -> None:
    place.client("dynamodb").delete_table(TableName=resource.physical_id)


PROVIDERS = {
    "AWS::S3::Bucket": Provider(
        _create_bucket, _update_bucket, _delete_bucket, frozenset(["BucketName"]), "BucketName"
    ),
    "AWS::S3::BucketPolicy": Provider(
        _put_bucket_policy, _update_bucket_policy, _delete_bucket_policy, frozenset(["Bucket"])
    ),
    "AWS::SSM::Parameter": Provider(
        _put_parameter, _update_parameter, _delete_parameter, frozenset(["Name"]), "Name"
    ),
    "AWS::SNS::Topic": Provider(
        _create_topic, _update_topic, _delete_topic, frozenset(["TopicName", "FifoTopic"]), "TopicName"
    ),
    "AWS::SQS::Queue": Provider(
        _create_queue, _update_queue, _delete_queue, frozenset(["QueueName", "FifoQueue"]), "QueueName"
    ),
    "AWS::DynamoDB::Table": Provider(
        _create_table,
        _update_table,
        _delete_table,
        frozenset(["TableName", "KeySchema", "LocalSecondaryIndexes"]),
        "TableName",
    ),
}
