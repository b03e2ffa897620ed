"""A break-glass in one call, as rita makes it at night."""

from deployments.actions.break_glass import break_glass
from deployments.models import BreakGlass

WHY = "Payments are down and this is the fix."


def broken(
    world, version: str = "1.1.0", environment: str = "prod", *, by: str = "rita", **more
) -> BreakGlass:
    values = {"reason": WHY, "incident": "INC-7", **more}
    return break_glass(
        actor=world.actor(by),
        application=world.application,
        version=version,
        environment=environment,
        **values,
    )


def let_through(world, row: BreakGlass):
    """Planned and started as a worker would, to its end."""
    world.plan(row.deployment)
    return world.move(world.start(row.deployment), "verifying", "succeeded")
