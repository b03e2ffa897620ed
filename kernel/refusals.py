"""What an action raises when it will not do what it was asked. Mapped to HTTP in one place per adapter.

Subclasses stand beside the action that raises them; `code` is stable and published.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Denial:
    """The audit event a refusal leaves behind; written by the adapter after the action was rolled back."""

    kind: str
    subject: str
    data: dict = field(default_factory=dict)
    private: dict = field(default_factory=dict)
    environment: str | None = None
    application: str | None = None


class Refusal(Exception):
    """A refusal with a stable code. `extra` holds further members of the problem document (RFC 9457).

    `denial`, where given, is recorded as an audit event with the outcome `denied` (requirement F09).
    """

    status = 409
    code = "refused"
    title = "Refused"

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        errors: list[dict] | None = None,
        reasons: list[dict] | None = None,
        denial: Denial | None = None,
        **extra,
    ):
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.code = code or self.code
        self.errors = errors or []
        self.reasons = reasons or []
        self.denial = denial
        self.extra = extra


class NotFound(Refusal):
    """Missing, or not visible to the caller: the same answer for both (product invariant 9)."""

    status = 404
    code = "not_found"
    title = "Not found"

    def __init__(self, detail: str = "There is no such object, or you may not see it.", **extra):
        super().__init__(detail, **extra)


class Forbidden(Refusal):
    status = 403
    code = "forbidden"
    title = "Not allowed"


class Invalid(Refusal):
    """The input is wrong. `errors` = [{pointer, code, detail}]; the refusal's code is that of the first."""

    status = 422
    code = "invalid"
    title = "The request is not valid"

    def __init__(
        self, detail: str = "", *, errors: list[dict] | None = None, code: str | None = None, **extra
    ):
        if errors and code is None:
            code = errors[0].get("code")
            detail = detail or errors[0].get("detail", "")
        super().__init__(detail, code=code, errors=errors, **extra)


class Conflict(Refusal):
    status = 409
    code = "conflict"
    title = "Conflict"


class Unavailable(Refusal):
    status = 503
    code = "unavailable"
    title = "Not available right now"


class LostRace(Exception):
    """Another writer moved the row first. A normal outcome, never shown to a person."""
