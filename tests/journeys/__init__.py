"""The product from outside: processes, HTTP and a real browser; nothing is mocked."""

import pytest

SAYING = (
    "story",
    "proof",
    "stack",
    "wire",
    "browsing",
)  # modules whose asserts explain themselves like a test's
pytest.register_assert_rewrite(*(f"tests.journeys.{name}" for name in SAYING))
