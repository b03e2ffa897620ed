"""The registry of target kinds: one file each, one line here, and none knows another."""

from deployments.executors.cloudformation_stack import CloudFormationStack
from deployments.executors.s3_site import S3Site

REGISTRY = {executor.kind: executor for executor in (CloudFormationStack(), S3Site())}
