"""The sandbox AWS: moto's services under a layer of our own that enforces, injects faults, counts and keeps.

Owns everything that imitates AWS for the demo and the tests; nothing here runs in production.
It may not know the product above it: it hears AWS requests over HTTP and answers them as AWS documents.
"""

import os

# moto reads these when it is imported, hence before any module of this package. Accounts are kept apart in
# S3 too, and the thousand managed policies of IAM (250 MB) are not loaded.
os.environ.update(
    MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS="false",
    MOTO_IAM_LOAD_MANAGED_POLICIES="false",
    MOTO_ALLOW_NONEXISTENT_REGION="false",
)
os.environ.pop("MOTO_ACCOUNT_ID", None)
