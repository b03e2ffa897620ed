"""A page asks for the version to be typed before it sends something to a protected environment (G07).

The eye passes over a number it has seen ten times today; the hand does not. Only pages ask: who calls the API has
written the version into the call already.
"""

from kernel.refusals import Invalid


class VersionNotTyped(Invalid):
    """422 at `/typed_version`. Nobody was told no, so it leaves no denial in the log."""

    code = "version_not_typed"
    title = "The version was not typed"


def check_typed(typed: str | None, *, version: str, place: str, protected: bool) -> None:
    """`typed`: what stands in the page's field, blanks around it left out; None where no page asked (the API).
    Raises VersionNotTyped; never for a place that is not protected."""
    if typed is None or not protected or typed.strip() == version:
        return
    detail = f"{place} is protected: type the version, {version}, exactly as it stands here."
    raise VersionNotTyped(
        errors=[{"pointer": "/typed_version", "code": "version_not_typed", "detail": detail}]
    )
