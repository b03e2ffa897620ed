"""A signed-in person without JavaScript: gets pages, reads them as text, posts their forms, counts queries."""

import html
import re
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from insights.frame import Frame
from kernel.actor import Method
from teams.models import Person
from teams.queries import actor_for_person


def frame(username: str, zone: str = "UTC") -> Frame:
    """What a page of this person starts from."""
    person = Person.objects.get(username=username)
    return Frame(
        actor_for_person(person, method=Method.SESSION, ip=None, request_id="req-test"), ZoneInfo(zone)
    )


class Answer:
    """A response as its reader takes it. `text`: without tags, white space joined."""

    def __init__(self, response, queries: int = 0):
        self.response, self.queries = response, queries
        self.status = response.status_code
        self.html = response.content.decode() if not response.streaming else ""
        self.text = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", self.html)))

    def links(self) -> list[str]:
        """Where its links lead."""
        return [html.unescape(link) for link in re.findall(r'href="([^"]+)"', self.html)]

    def form(self, action: str) -> dict[str, str]:
        """Names and values of the inputs of the form that posts there. Fails if there is none."""
        found = _Forms(self.html).forms
        assert action in found, f"no form posts to {action}, only to {sorted(found)}"
        return found[action]

    def has_form(self, action: str) -> bool:
        return action in _Forms(self.html).forms


class _Forms(HTMLParser):
    def __init__(self, text: str):
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.current: dict[str, str] | None = None
        self.area = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.current = self.forms.setdefault(attrs.get("action", ""), {})
        elif tag == "input" and self.current is not None and attrs.get("name"):
            self.current[attrs["name"]] = attrs.get("value", "")
        elif tag == "textarea" and self.current is not None:
            self.area = attrs["name"]
            self.current[self.area] = ""

    def handle_data(self, data):
        if self.area and self.current is not None:
            self.current[self.area] += data

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.area = ""
        elif tag == "form":
            self.current = None


class Browser:
    def __init__(self, username: str | None):
        self.client = Client()
        self.username = username
        if username:
            self.client.force_login(Person.objects.get(username=username))

    def get(self, path: str, *, htmx: bool = False, status: int = 200, **query) -> Answer:
        headers = {"HX-Request": "true"} if htmx else {}
        assert connection.features.supports_json_field  # SQLite is asked once per connection, not by the page
        with CaptureQueriesContext(connection) as counted:
            response = self.client.get(path, query, headers=headers)
        answer = Answer(response, len(counted))
        assert answer.status == status, f"{path}: {answer.status}, not {status}: {answer.text[:400]}"
        return answer

    def post(self, path: str, **fields):
        """The response to a form without JavaScript; redirects are not followed."""
        return self.client.post(path, fields)
