"""CloudFormation of the sandbox: change sets, stacks, events and rollbacks, as AWS documents them.

Owns stacks and their engine; resources are made through the other services of the same account.
It may not know the control address or who calls.
"""
