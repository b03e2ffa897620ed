"""IAM as STS reads it: the trust policies of roles, wherever they were made."""

from moto.iam.models import iam_backends


class RoleBook:
    """Finds roles in the IAM backends of all accounts."""

    def trust_policy(self, account: str, role_name: str) -> str | None:
        """The role's AssumeRolePolicyDocument as stored, or None if there is no such role."""
        for role in list(iam_backends[account]["aws"].roles.values()):
            if role.name == role_name:
                return role.assume_role_policy_document
        return None
