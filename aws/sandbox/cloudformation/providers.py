"""The registry of resource types: our own providers first, then whatever moto itself can make."""

import importlib
import re
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws.sandbox.cloudformation import providers_compute, providers_storage
from aws.sandbox.cloudformation.resources import Made, Place, Provider, ResourceFailed
from aws.sandbox.cloudformation.state import Resource

OWN: dict[str, Provider] = {**providers_compute.PROVIDERS, **providers_storage.PROVIDERS}

# moto's package of a service, where it is not the type's middle part in lower case.
_PACKAGES = {
    "lambda": "awslambda",
    "elasticloadbalancingv2": "elbv2",
    "elasticloadbalancing": "elb",
    "certificatemanager": "acm",
}
# Attributes asked of moto's resources once they are made.
_ATTRIBUTES = (
    "Arn",
    "Id",
    "Name",
    "Ref",
    "Endpoint",
    "KeyId",
    "PolicyId",
    "Url",
    "StreamArn",
    "GroupId",
    "VpcId",
)


def moto_class(kind: str) -> Any:
    """moto's class for a resource type, or None if it has none; imports that one service only."""
    parts = re.fullmatch(r"AWS::([A-Za-z0-9]+)::[A-Za-z0-9:]+", kind)
    if not parts:
        return None
    service = parts[1].lower()
    try:
        importlib.import_module(f"moto.{_PACKAGES.get(service, service)}.models")
    except ModuleNotFoundError:
        return None
    models = importlib.import_module("moto.core.common_models")
    for model in models.CloudFormationModel.__subclasses__():
        if model.cloudformation_type() == kind:
            return model
    return None


def _attributes(made: Any) -> dict[str, Any]:
    found = {}
    for name in _ATTRIBUTES:
        try:
            if made.has_cfn_attr(name):
                found[name] = made.get_cfn_attribute(name)
        except Exception:  # noqa: BLE001  moto raises unrelated kinds for an attribute it cannot give
            continue
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _through_moto(kind: str, model: Any) -> Provider:
    def create(place: Place, name: str, properties: dict[str, Any]) -> Made:
        body = {"Type": kind, "Properties": dict(properties)}
        made = model.create_from_cloudformation_json(
            name, body, place.account, place.region, LogicalId=name, StackId="", ResourceType=kind
        )
        return Made(str(made.physical_resource_id), _attributes(made))

    def delete(place: Place, resource: Resource) -> None:
        body = {"Type": kind, "Properties": dict(resource.properties)}
        model.delete_from_cloudformation_json(resource.physical_id, body, place.account, place.region)

    def update(place: Place, resource: Resource, properties: dict[str, Any]) -> Made:
        delete(place, resource)
        return create(place, resource.physical_id, properties)

    return Provider(create, update, delete, name_property=model.cloudformation_name_type() or "")


def provider(kind: str) -> Provider | None:
    """The provider of a resource type, or None if neither we nor moto can make it."""
    if kind not in OWN:
        model = moto_class(kind)
        if model is None:
            return None
        OWN[kind] = _through_moto(kind, model)
    return OWN[kind]


def guarded(work: Any, *arguments: Any) -> Any:
    """Run a provider's function; whatever a service answers becomes ResourceFailed with AWS's wording."""
    try:
        return work(*arguments)
    except ClientError as exc:
        error = exc.response["Error"]
        status = exc.response["ResponseMetadata"]["HTTPStatusCode"]
        text = f'Resource handler returned message: "{error.get("Message", "")} (Service: '
        text += f'{exc.operation_name}, Status Code: {status})" (HandlerErrorCode: {error.get("Code")})'
        raise ResourceFailed(text) from exc
    except BotoCoreError as exc:
        raise ResourceFailed(f"Properties validation failed for resource with message: [{exc}]") from exc
    except ResourceFailed:
        raise
    except Exception as exc:
        # moto's own classes raise whatever a malformed property trips over.
        raise ResourceFailed(f"Properties validation failed for resource with message: [{exc}]") from exc
