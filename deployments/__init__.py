"""Step 4: may it go now (`decide`), and making it so in AWS, once, whatever dies.

Owns deployments, their steps and intents. Everything below may be read; nothing below knows it.
"""
