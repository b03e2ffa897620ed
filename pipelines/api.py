"""REST: accounts, environments, pipelines. Windows and freezes are in calendar_api.py; an account's test needs a
worker, so it is in deployments/api/accounts.py."""

from rest_framework.response import Response

from kernel.actor import require
from kernel.paging import page, read_limit
from kernel.permissions import Permission
from kernel.refusals import Invalid
from kernel.rest import ApiView, listing, read_body, read_query
from pipelines import queries, serializers
from pipelines.actions.propose import propose
from pipelines.diff import render_difference, two_versions
from pipelines.pipeline_rules import checked
from pipelines.representations import answered, render_account, render_environment, render_pipeline
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
        body = read_body(serializers.AccountIn, request)
        return answered(propose(actor=self.actor, kind="account.create", **body), self.actor, status=201)


class OneAccount(ApiView):
    def get(self, request, name):
        """One account."""
        read_query(request, {})
        return Response(render_account(queries.get_account(self.actor, name), self.actor))

    def delete(self, request, name):
        """Archive it, `?reason=`: 204; 409 with what still refers to it."""
        reason = read_query(request, {"reason": None})["reason"] or ""
        done = propose(actor=self.actor, kind="account.archive", account_id=name, reason=reason)
        return answered(done, self.actor, status=204)


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
        """A new environment: 201; a protected one waits for a second person, 202."""
        read_query(request, {})
        body = read_body(serializers.EnvironmentIn, request)
        return answered(propose(actor=self.actor, kind="environment.create", **body), self.actor, status=201)


class OneEnvironment(ApiView):
    def get(self, request, name):
        """One environment."""
        read_query(request, {})
        return Response(render_environment(queries.get_environment(self.actor, name)))

    def patch(self, request, name):
        """Change what is given, of the version that is given; of a protected one it waits, 202."""
        read_query(request, {})
        changes = read_body(serializers.EnvironmentPatch, request)
        version = changes.pop("version")
        asked = {"name": name, "version": version, "changes": changes}
        return answered(propose(actor=self.actor, kind="environment.update", **asked), self.actor, status=200)

    def delete(self, request, name):
        """Archive it, `?reason=`: 204; 409 with what still refers to it."""
        reason = read_query(request, {"reason": None})["reason"] or ""
        done = propose(actor=self.actor, kind="environment.archive", name=name, reason=reason)
        return answered(done, self.actor, status=204)


class Pipeline(ApiView):
    def get(self, request, application):
        """The version in force, or `?version=`."""
        number = read_query(request, {"version": _number("version")})["version"]
        return Response(render_pipeline(queries.pipeline_version(self.actor, application, number)))

    def put(self, request, application):
        """Save: 200 with the version that is now in force; with a protected stage it waits, 202."""
        read_query(request, {})
        body = read_body(serializers.PipelineIn, request)
        asked = {"application": application, "source": body["source"], "version": body.get("version")}
        return answered(propose(actor=self.actor, kind="pipeline.save", **asked), self.actor, status=200)


class PipelineDifference(ApiView):
    def get(self, request, application):
        """What `?to=` (the version in force) says otherwise than `?from=` (the one before it)."""
        query = read_query(request, {name: _number(name) for name in ("from", "to")})
        found = two_versions(self.actor, application, query["from"], query["to"])
        return Response(render_difference(application, *found))


class PipelineValidation(ApiView):
    def post(self, request, application):
        """What PUT would say, without saving: 200 with the stages, or the same 422."""
        read_query(request, {})
        require(self.actor, Permission.PIPELINE_MANAGE)
        body = read_body(serializers.SourceIn, request)
        spec = checked(get_application(self.actor, application), body["source"])
        return Response({"valid": True, "application": application, **spec.as_dict()})


def _number(parameter: str):
    """Reads the number of a version, None where none was given."""

    def read(text: str | None) -> int | None:
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            detail = "The number of a version."
            raise Invalid(errors=[{"pointer": f"?{parameter}", "code": "version_invalid", "detail": detail}])
        return int(text)

    return read
