"""What the expedited way would mean for this person, before they ask for it. Reads only where there is such a way."""

from dataclasses import dataclass

from approvals.gate import effective_gate, in_words
from deployments.decision import decide
from deployments.facts import Candidate
from insights.frame import Frame
from insights.reads.release_act import Act, act_of
from pipelines.expedited import path_to
from pipelines.models import Environment, PipelineVersion
from pipelines.queries import stage_of
from releases.models import Release


@dataclass(frozen=True)
class Offer:
    """`skips`: the stages in words; `keys`: who is asked, in words."""

    skips: str
    keys: str


def offer_of(
    frame: Frame, release: Release, target: Environment, pipeline: PipelineVersion | None, usual: Act
) -> tuple[Offer | None, Act]:
    """The offer and the one next step with it: `expedited` where that is the only way left; without an offer, `usual`.

    Nobody is offered what would be refused: decide() is asked as if it had been asked for.
    """
    path = path_to(pipeline.spec, target.pk) if pipeline is not None else None
    if path is None or usual.kind not in ("request", "none"):
        return None, usual
    candidate = Candidate(release, target, expedited=True)
    act = act_of(frame.actor, release, target, decide(candidate, frame.actor, frame.now), candidate, None)
    if act.kind != "request":
        return None, usual
    stage = stage_of(pipeline, target.pk)
    rule = effective_gate(target, release.application, stage["slots"], path)
    offer = Offer(" and ".join(path["skip"]), in_words(rule) if rule else "nobody")
    return offer, usual if usual.kind == "request" else Act("expedited", reasons=usual.reasons)
