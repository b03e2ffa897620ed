"""Step 3: whose word it needs: slots filled by distinct people, bound to the exact content.

Owns approval requests and votes, attached to (release, environment). May not know deployments.
"""
