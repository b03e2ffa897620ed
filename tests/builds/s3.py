"""A versioned bucket of the sandbox, filled as a CI fills it."""

import hashlib


class Bucket:
    """Made on construction, versioned, in the tools account."""

    def __init__(self, client, name: str):
        self.client, self.name = client, name
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})

    def put(self, key: str, data: bytes) -> dict:
        """Upload; answers {uri, version_id, digest, size} as a build posts them."""
        answer = self.client.put_object(Bucket=self.name, Key=key, Body=data)
        return {
            "uri": f"s3://{self.name}/{key}",
            "version_id": answer["VersionId"],
            "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
            "size": len(data),
        }
