"""The demo company as data (names, gates, windows, pipelines). Plain data."""

REGION = "eu-west-1"
TOOLS_ACCOUNT = "000000000000"
ARTIFACT_BUCKET = "rg-artifacts"
ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "prod": "333333333333"}
POOLS = {"dev": "nonprod", "staging": "nonprod", "prod": "prod"}
MAIL = "acme.example"

PEOPLE = {
    "rita": ("Rita Moreau", ["release_manager"]),
    "rosa": ("Rosa Lindqvist", ["release_manager"]),
    "omar": ("Omar Haddad", []),
    "dana": ("Dana Kovač", []),
    "aude": ("Aude Bernard", ["auditor"]),
    "iris": ("Iris Tanaka", ["administrator"]),
}
ADMIN = ("admin", "Ada Minton")
WHO = {  # what a newcomer wants to know of them
    "rita": "release manager",
    "rosa": "release manager, and an owner of payments",
    "omar": "owner of payments and of storefront",
    "dana": "developer in both teams; asks for deployments",
    "aude": "auditor",
    "admin": "administrator",
    "iris": "administrator",
}
GROUPS = {
    "release-managers": ["rita", "rosa"],
    "payments-owners": ["rosa", "omar"],
    "web-owners": ["omar"],
}
TEAMS = {"payments": ["dana"], "web": ["dana"]}
APPLICATIONS = {
    "payments": {
        "team": "payments",
        "owners_group": "payments-owners",
        "release_branches": ["main", "release/*"],
    },
    "storefront": {"team": "web", "owners_group": "web-owners", "release_branches": ["main", "release/*"]},
}
PROTECTED = ["requester", "submitter", "author"]


def gate(*slots: tuple[str, int], valid_for: int = 86_400) -> dict:
    return {
        "slots": [{"group": group, "count": count} for group, count in slots],
        "exclude": PROTECTED,
        "expires_in": 1_209_600,
        "valid_for": valid_for,
        "step_up": False,
        "comment": "optional",
    }


ENVIRONMENTS = {
    "dev": {"account": "dev", "rank": 1, "protected": False, "default_open": True, "gate": {}},
    "staging": {
        "account": "staging",
        "rank": 2,
        "protected": True,
        "default_open": True,
        "gate": gate(("release-managers", 1)),
    },
    "prod": {
        "account": "prod",
        "rank": 3,
        "protected": True,
        "default_open": False,
        "gate": gate(("release-managers", 1), ("@owners", 1)),
    },
    "prod-eu": {
        "account": "prod",
        "rank": 4,
        "protected": True,
        "default_open": False,
        "gate": gate(("release-managers", 1), ("@owners", 1), valid_for=8 * 86_400),  # its window is weekly
    },
}
WINDOWS = [
    {
        "name": "Production, always",
        "scope": {"environment": "prod"},
        "timezone": "UTC",
        "rrule": "FREQ=DAILY",
        "start": "2026-01-01T00:00:00",
        "duration": 86_400,
    },
    {
        "name": "Production EU, Wednesday night",
        "scope": {"environment": "prod-eu"},
        "timezone": "Europe/Berlin",
        "rrule": "FREQ=WEEKLY;BYDAY=WE",
        "start": "2026-01-07T22:00:00",
        "duration": 3_600,
    },
]


def _pipeline(application: str, target) -> str:
    """dev → staging → prod → prod-eu, each with the tests of the artifact."""
    lines = [f"application: {application}", "stages:"]
    for environment in ENVIRONMENTS:
        lines += [
            f"  - environment: {environment}",
            f"    target: {target(environment)}",
            "    tests: required",
        ]
    return "\n".join(lines) + "\n"


def _stack(environment: str) -> str:
    return (
        f"{{kind: cloudformation-stack, stack: payments-{environment}, template: template, "
        f"parameters: {{Stage: {environment}}}, capabilities: [CAPABILITY_IAM]}}"
    )


def _site(environment: str) -> str:
    return f"{{kind: s3-site, bucket: storefront-{environment}-site, artifact: site}}"


PIPELINES = {"payments": _pipeline("payments", _stack), "storefront": _pipeline("storefront", _site)}
COMMITS = {
    "payments": [
        ("3f1c", "dana", "Charge in the customer's currency", "PAY-71"),
        (
            "9a40",
            "lena",
            "Raise the function's memory to 256 MB\n\nCo-authored-by: Dana Kovač <dana@acme.example>",
            "PAY-74",
        ),
        ("c7de", "lena", "Publish payment events to a topic", "PAY-77"),
    ],
    "storefront": [
        ("51ab", "dana", "Show the delivery date on the product page", "WEB-12"),
        ("e09f", "milo", "A lighter hero picture", "WEB-15"),
    ],
}
