"""What a person typed into a form: read, and kept for the page they are sent back to where it is refused.

The page that holds the form asks `take_draft(request, action)`, with the path the form posts to.
"""

from dataclasses import dataclass

from django.forms import Form
from django.utils import timezone

from kernel.refusals import Invalid, Refusal

KEY = "draft"
LONGEST = 16_384  # characters in all; a session row is no place for more
NEVER = ("csrfmiddlewaretoken", "password", "token", "secret", "next")


@dataclass(frozen=True)
class Draft:
    """`fields`: what was typed, name → values. `code`, `detail`, `errors`: why it was refused."""

    fields: dict[str, list[str]]
    code: str
    detail: str
    errors: list[dict]

    def get(self, name: str, default: str = "") -> str:
        values = self.fields.get(name)
        return values[-1] if values else default

    @property
    def at(self) -> dict[str, str]:
        """What is wrong with which field: its name → the sentence that stands there."""
        return {error.get("pointer", "").lstrip("/"): error.get("detail", "") for error in self.errors}


def read_form(form_class: type[Form], request) -> dict:
    """What was typed, its times by the clock of whoever typed them; or Invalid, each field with what is wrong there."""
    with timezone.override(str(request.zone)):
        form = form_class(request.POST)
        if form.is_valid():
            return form.cleaned_data
    errors = [
        {"pointer": f"/{field}", "code": "invalid", "detail": problem}
        for field, problems in form.errors.items()
        for problem in problems
    ]
    raise Invalid(errors=errors)


def keep_draft(request, refusal: Refusal) -> None:
    """Keep the form fields of `request` in the session; passwords, tokens and files are left out."""
    fields = {
        name: values
        for name, values in request.POST.lists()
        if not any(word in name.lower() for word in NEVER)
    }
    if sum(len(value) for values in fields.values() for value in values) > LONGEST:
        fields = {}
    request.session[KEY] = {
        "action": request.path,
        "fields": fields,
        "code": refusal.code,
        "detail": refusal.detail,
        "errors": refusal.errors,
    }


def take_draft(request, action: str) -> Draft | None:
    """The draft of the form that posts to the path `action`, once; None if there is none."""
    kept = request.session.get(KEY)
    if not kept or kept["action"] != action:
        return None
    del request.session[KEY]
    return Draft(kept["fields"], kept["code"], kept["detail"], kept["errors"])
