"""The bytes of a passkey as text."""

from teams.credentials import from_base64url, to_base64url


def test_bytes_come_back_whatever_their_length():
    for length in range(6):
        data = bytes(range(250, 250 + length))
        assert from_base64url(to_base64url(data)) == data
        assert "=" not in to_base64url(data)
