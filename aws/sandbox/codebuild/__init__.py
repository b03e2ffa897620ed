"""CodeBuild of the sandbox: builds are really run, in a child process that inherits nothing.

Owns projects and builds; sources, logs and artifacts lie in the S3 of the same account.
It may not know stacks, the control address or who calls.
"""
