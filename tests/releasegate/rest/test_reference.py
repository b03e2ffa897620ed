"""The document for people: the same content, grouped and flat."""

from releasegate.rest.reference import Field, sections

SCHEMA = {
    "paths": {
        "/api/v1/teams": {
            "get": {"operationId": "get_teams", "tags": ["teams"], "description": "The teams.\n\nBy name."},
            "post": {
                "operationId": "post_teams",
                "tags": ["teams"],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TeamIn"}}}
                },
                "parameters": [{"name": "Idempotency-Key", "in": "header"}],
            },
        },
        "/api/v1/builds/{id}": {
            "parameters": [],
            "get": {
                "operationId": "get_builds_id",
                "tags": ["builds"],
                "parameters": [{"name": "id", "in": "path", "required": True}],
            },
        },
    },
    "components": {
        "schemas": {
            "TeamIn": {
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "members": {"type": "array", "items": {"type": "string"}},
                    "note": {"type": ["string", "null"]},
                    "more": {"$ref": "#/components/schemas/More"},
                },
            }
        }
    },
}


def test_operations_are_grouped_by_the_first_word_of_their_path():
    found = sections(SCHEMA)
    assert [section.name for section in found] == ["builds", "teams"]
    assert [(o.method, o.path) for o in found[1].operations] == [
        ("GET", "/api/v1/teams"),
        ("POST", "/api/v1/teams"),
    ]


def test_the_first_line_is_the_summary_and_the_rest_the_description():
    get = sections(SCHEMA)[1].operations[0]
    assert (get.summary, get.description, get.anchor) == ("The teams.", "By name.", "get_teams")


def test_a_body_is_shown_by_its_fields():
    post = sections(SCHEMA)[1].operations[1]
    assert post.body == (
        Field("name", "string", True),
        Field("members", "list of string", False),
        Field("note", "string or null", False),
        Field("more", "object", False),
    )
    assert post.parameters == (Field("Idempotency-Key", "header", False),)


def test_an_operation_without_a_body_has_none():
    get = sections(SCHEMA)[0].operations[0]
    assert get.body == ()
    assert get.parameters == (Field("id", "path", True),)


def test_an_empty_document_has_no_sections():
    assert sections({"paths": {}}) == []
