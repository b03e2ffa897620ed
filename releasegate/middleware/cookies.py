"""Cookies that no browser of ours was given: a value with a control character is nobody's session."""


class CookiesMiddleware:
    """Takes them out of `request.COOKIES`. `"\\000"` in quotes is read as a NUL, which PostgreSQL refuses with an
    error wherever a cookie's value is looked up."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if value.isprintable()}
        return self.get_response(request)
