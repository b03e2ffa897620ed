"""The product from outside: processes, HTTP and a real browser; nothing is mocked."""
