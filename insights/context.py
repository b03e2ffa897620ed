"""What every page shows."""


def shell(request) -> dict:
    return {}
