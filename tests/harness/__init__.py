"""The tests' own tools, tested: databases, roles, servers, guards."""
