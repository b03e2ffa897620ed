"""The shape of one thing that is wrong with a configuration."""

from kernel.refusals import Invalid


def wrong(pointer: str, code: str, detail: str, **more) -> dict:
    """One entry of `errors`: {"pointer", "code", "detail"} and what else helps (line, column, group, …)."""
    return {"pointer": pointer, "code": code, "detail": detail, **more}


def refuse(pointer: str, code: str, detail: str, **extra) -> Invalid:
    """Invalid 422 with that one error; `extra` goes into the problem document."""
    return Invalid(errors=[wrong(pointer, code, detail)], **extra)
