"""The target kinds there are, each with the JSON Schema (2020-12) of a stage's settings without `kind`.
Plain data.

The executors of deployments carry these kinds out; a system check there (deployments.checks) fails when the two
lists differ. They stand here because a pipeline is checked when it is saved, by an app below.
"""

# A template has at most 200 parameters (AWS CloudFormation User Guide, "quotas"), named in letters and digits.
PARAMETER_NAME, MOST_PARAMETERS, LONGEST_VALUE = "^[A-Za-z0-9]{1,255}$", 200, 4096
PARAMETERS = {
    "type": "object",
    "maxProperties": MOST_PARAMETERS,
    "propertyNames": {"pattern": PARAMETER_NAME},
    "additionalProperties": {"type": "string", "maxLength": LONGEST_VALUE},
}

KINDS: dict[str, dict] = {
    "cloudformation-stack": {
        "type": "object",
        "required": ["stack", "template"],
        "additionalProperties": False,
        "properties": {
            # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
            "stack": {"type": "string", "pattern": "^[a-zA-Z][-a-zA-Z0-9]{0,127}$"},
            "template": {"type": "string", "minLength": 1},
            "parameters": PARAMETERS,
            "capabilities": {
                "type": "array",
                "uniqueItems": True,
                "items": {"enum": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]},
            },
        },
    },
    "s3-site": {
        "type": "object",
        "required": ["bucket", "artifact"],
        "additionalProperties": False,
        "properties": {
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
            "bucket": {"type": "string", "pattern": "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"},
            "artifact": {"type": "string", "minLength": 1},
            "entry": {"type": "string", "minLength": 1, "pattern": "^[^/].*"},
        },
    },
}
