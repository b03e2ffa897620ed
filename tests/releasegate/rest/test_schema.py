"""The description is read out of the code, so it says what the code does."""

import pytest
from rest_framework import serializers

from kernel.paging import read_limit
from kernel.rest import StrictSerializer, read_body, read_query
from releasegate.rest.schema import Reads, _reads, build_schema
from tests.teams.callers import as_person

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.releasegate.endpoints")]
FILTERS = {"from": None, "to": None}


class Body(StrictSerializer):
    name = serializers.CharField()


def _list(request):
    return read_query(request, {**FILTERS, "limit": read_limit})


class View:
    def get(self, request):
        return _list(request)

    def post(self, request):
        read_query(request, {})
        return read_body(Body, request)

    def delete(self, request):
        return None


def found(method) -> tuple:
    reads: Reads = _reads(method)
    return reads.body, reads.query


def test_what_a_handler_reads_is_read_out_of_it():
    assert found(View.get) == (None, ("from", "to", "limit"))
    assert found(View.post) == (Body, ())
    assert found(View.delete) == (None, ())


@pytest.fixture
def schema():
    return build_schema()


def test_every_operation_says_what_it_takes_and_how_it_refuses(schema):
    post = schema["paths"]["/api/v1/things"]["post"]
    assert post["description"] == "Make a thing, then fail as told."
    assert "Idempotency-Key" in [parameter["name"] for parameter in post["parameters"]]
    assert {"401", "403", "404", "409", "422", "429"} <= set(post["responses"])
    reference = post["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    shape = schema["components"]["schemas"][reference.rsplit("/", 1)[-1]]
    assert set(shape["properties"]) == {"name", "fault", "items", "labels", "at"}
    assert shape["required"] == ["name"]


def test_reading_names_its_parameters(schema):
    get = schema["paths"]["/api/v1/things"]["get"]
    assert [parameter["name"] for parameter in get["parameters"]] == ["cursor", "limit", "at", "name"]
    assert get["summary"] == "All things."


def test_parameters_of_the_path_are_named(schema):
    get = schema["paths"]["/api/v1/things/{name}"]["get"]
    assert [(found["name"], found["in"]) for found in get["parameters"]] == [("name", "path")]


def test_operations_have_names_of_their_own(schema):
    names = [operation["operationId"] for item in schema["paths"].values() for operation in item.values()]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere(schema):
    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for below in node.values():
                yield from references(below)
        elif isinstance(node, list):
            for below in node:
                yield from references(below)

    known = {f"#/components/schemas/{name}" for name in schema["components"]["schemas"]}
    assert set(references(schema)) <= known


def test_the_server_takes_exactly_the_parameters_that_the_document_names(schema):
    """The unknown one is refused, a named one is not refused as unknown."""
    alice = as_person("alice", roles=["administrator"])
    checked = 0
    for path, item in schema["paths"].items():
        if "get" not in item or "{" in path:
            continue
        route = path.removeprefix("/api/v1")
        answer = alice.get(f"{route}?not_a_parameter=1")
        if parameters := item["get"].get("parameters"):
            assert answer.json()["code"] == "unknown_parameter", path
        for parameter in parameters or []:
            answer = alice.get(f"{route}?{parameter['name']}=1")
            assert answer.status_code < 500
            if answer["Content-Type"] == "application/problem+json":
                assert answer.json()["code"] != "unknown_parameter", (path, parameter["name"])
            checked += 1
    assert checked >= 4
