"""REST: accounts, environments, pipelines. Windows and freezes are in calendar_api.py; an account's test needs a
worker, so it is in deployments/api/accounts.py."""

from rest_framework.response import Response

from kernel.actor import Actor, require
from kernel.paging import page, read_limit
from kernel.permissions import Permission
from kernel.refusals import Invalid
from kernel.rest import ApiView, listing, read_body, read_query
from kernel.verdicts import wire_time
from pipelines import queries, serializers
from pipelines.actions.archive_account import archive_account
from pipelines.actions.archive_environment import archive_environment
from pipelines.actions.create_account import create_account
from pipelines.actions.create_environment import create_environment
from pipelines.actions.save_pipeline import save_pipeline
from pipelines.actions.update_environment import update_environment
from pipelines.models import Account, Environment, PipelineVersion
from pipelines.pipeline_rules import checked
from teams.queries import get_application

LIST = {"cursor": None, "limit": read_limit}


class Accounts(ApiView):
    def get(self, request):
        """The accounts, oldest first, for whoever manages accounts or sees everything."""
        query = read_query(request, LIST)
        accounts = queries.visible_accounts(self.actor)
        found = page(accounts, cursor=query["cursor"], limit=query["limit"], descending=False)
        return listing(request, found, lambda account: render_account(account, self.actor))

    def post(self, request):
        """A new account: 201, with its external id."""
        read_query(request, {})
        account = create_account(actor=self.actor, **read_body(serializers.AccountIn, request))
        return Response(render_account(account, self.actor), status=201)


class OneAccount(ApiView):
    def get(self, request, name):
        """One account."""
        read_query(request, {})
        return Response(render_account(queries.get_account(self.actor, name), self.actor))

    def delete(self, request, name):
        """Archive it, `?reason=`: 204; 409 with what still refers to it."""
        reason = read_query(request, {"reason": None})["reason"] or ""
        archive_account(actor=self.actor, account_id=name, reason=reason)
        return Response(status=204)


class Environments(ApiView):
    def get(self, request):
        """The environments in the order of promotion."""
        query = read_query(request, LIST)
        found = page(
            queries.visible_environments(self.actor),
            cursor=query["cursor"],
            limit=query["limit"],
            key="rank",
            descending=False,
        )
        return listing(request, found, render_environment)

    def post(self, request):
        """A new environment: 201."""
        read_query(request, {})
        body = read_body(serializers.EnvironmentIn, request)
        return Response(render_environment(create_environment(actor=self.actor, **body)), status=201)


class OneEnvironment(ApiView):
    def get(self, request, name):
        """One environment."""
        read_query(request, {})
        return Response(render_environment(queries.get_environment(self.actor, name)))

    def patch(self, request, name):
        """Change what is given, of the version that is given."""
        read_query(request, {})
        changes = read_body(serializers.EnvironmentPatch, request)
        version = changes.pop("version")
        changed = update_environment(actor=self.actor, name=name, version=version, changes=changes)
        return Response(render_environment(changed))

    def delete(self, request, name):
        """Archive it, `?reason=`: 204; 409 with what still refers to it."""
        reason = read_query(request, {"reason": None})["reason"] or ""
        archive_environment(actor=self.actor, name=name, reason=reason)
        return Response(status=204)


class Pipeline(ApiView):
    def get(self, request, application):
        """The version in force, or `?version=`."""
        number = read_query(request, {"version": _number})["version"]
        return Response(render_pipeline(queries.pipeline_version(self.actor, application, number)))

    def put(self, request, application):
        """Save: 200 with the version that is now in force."""
        read_query(request, {})
        body = read_body(serializers.PipelineIn, request)
        saved = save_pipeline(
            actor=self.actor,
            application=application,
            source=body["source"],
            version=body.get("version"),
        )
        return Response(render_pipeline(saved))


class PipelineValidation(ApiView):
    def post(self, request, application):
        """What PUT would say, without saving: 200 with the stages, or the same 422."""
        read_query(request, {})
        require(self.actor, Permission.PIPELINE_MANAGE)
        body = read_body(serializers.SourceIn, request)
        spec = checked(get_application(self.actor, application), body["source"])
        return Response({"valid": True, "application": application, **spec.as_dict()})


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        detail = "The number of a version."
        raise Invalid(errors=[{"pointer": "?version", "code": "version_invalid", "detail": detail}])
    return int(text)


def render_account(account: Account, actor: Actor) -> dict:
    """One account; the external id only for whoever manages accounts."""
    body = {
        "id": account.pk,
        "account_id": account.account_id,
        "alias": account.alias,
        "partition": account.partition,
        "regions": account.regions,
        "deploy_role_arn": account.deploy_role_arn,
        "observe_role_arn": account.observe_role_arn,
        "pool": account.pool,
        "version": account.version,
        "test": account.test_result,
        "tested_at": wire_time(account.tested_at),
    }
    if actor.may(Permission.ACCOUNT_MANAGE):
        body["external_id"] = account.external_id
    return body


def render_environment(environment: Environment) -> dict:
    """One environment, its account by the 12 digits."""
    return {
        "id": environment.uid,
        "name": environment.pk,
        "account": environment.account.account_id,
        "region": environment.region,
        "rank": environment.rank,
        "tier": environment.tier,
        "protected": environment.protected,
        "default_open": environment.default_open,
        "gate": environment.gate,
        "gate_version": environment.gate_version,
        "lane": environment.lane,
        "previews": environment.previews,
        "version": environment.version,
    }


def render_pipeline(version: PipelineVersion) -> dict:
    """One version of a pipeline."""
    return {
        "application": version.application_id,
        "version": version.number,
        "source": version.source,
        **version.spec,
        "created_at": wire_time(version.created_at),
    }
