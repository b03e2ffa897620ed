"""Reading CloudFormation templates (JSON or YAML with its short intrinsic tags) without understanding them."""

import json

import yaml

LIMIT = 1024 * 1024  # bytes; CloudFormation's own limit for a template in S3


class TemplateUnreadable(ValueError):
    """Not a template: neither JSON nor YAML, or not a mapping with Resources."""


class _Loader(yaml.SafeLoader):
    """SafeLoader that takes any `!Tag` as its plain value, and refuses aliases (a bomb in a template)."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.events.AliasEvent):
            raise TemplateUnreadable("aliases are not allowed in a template")
        return super().compose_node(parent, index)


def _plain(loader: _Loader, suffix: str, node):
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    return {suffix: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _plain)


def parse(data: bytes) -> dict:
    """The template as a mapping. Raises TemplateUnreadable."""
    if len(data) > LIMIT:
        raise TemplateUnreadable(f"larger than {LIMIT} bytes")
    try:
        text = data.decode("utf-8")
        found = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise TemplateUnreadable(str(error)[:300]) from error
    if not isinstance(found, dict) or not isinstance(found.get("Resources"), dict):
        raise TemplateUnreadable("a template is a mapping with Resources")
    return found


def declared_parameters(data: bytes) -> frozenset[str]:
    """Names under `Parameters`. Raises TemplateUnreadable."""
    parameters = parse(data).get("Parameters") or {}
    return frozenset(parameters) if isinstance(parameters, dict) else frozenset()
