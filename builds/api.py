"""REST: builds and their evidence. `POST /builds` lives in releases, which cuts in the same transaction."""

from collections.abc import Iterable

from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from builds import queries
from builds.actions.attach_evidence import LIMIT_BYTES, TooLarge, attach_evidence, read_evidence
from builds.models import Build
from builds.representations import build_representation, evidence_representation
from builds.serializers import EvidenceIn
from kernel.paging import page, read_limit
from kernel.rest import ApiView, listing, read_body, read_query

FORM_BYTES = 64 * 1024  # what a form may weigh beside its file
FILTERS = {"application": None, "version": None, "branch": None, "cursor": None, "limit": read_limit}


def check_length(request, most: int) -> None:
    """Refuse (413 `too_large`) by the announced length, before a byte of the body is read."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced.isdigit() and int(announced) > most:
        raise TooLarge(f"The body has {announced} bytes; at most {most} are taken.")


class BuildList(ApiView):
    """`releases.api.Builds` adds POST and knows the releases."""

    def release_ids(self, builds: Iterable[Build]) -> dict[str, str]:
        """{build id: release id}; nothing on this floor."""
        return {}

    def get(self, request):
        """The visible builds, newest first."""
        query = read_query(request, FILTERS)
        cursor, limit = query.pop("cursor"), query.pop("limit")
        found = page(queries.listed(self.actor, **query), cursor=cursor, limit=limit)
        releases = self.release_ids(found.items)
        return listing(
            request, found, lambda build: build_representation(build, release=releases.get(build.pk))
        )


class BuildDetail(ApiView):
    """`releases.api.BuildDetail` knows the release."""

    def release_ids(self, builds: Iterable[Build]) -> dict[str, str]:
        """{build id: release id}; nothing on this floor."""
        return {}

    def get(self, request, build_id):
        """One build."""
        read_query(request, {})
        build = queries.get_build(self.actor, build_id)
        return Response(build_representation(build, release=self.release_ids([build]).get(build.pk)))


class EvidenceList(ApiView):
    parser_classes = [MultiPartParser]

    def initial(self, request, *args, **kwargs):
        """Also refuse what is announced as too long."""
        super().initial(request, *args, **kwargs)
        if request.method == "POST":
            check_length(request, LIMIT_BYTES + FORM_BYTES)

    def get(self, request, build_id):
        """The evidence of a build, newest first."""
        query = read_query(request, {"cursor": None, "limit": read_limit})
        build = queries.get_build(self.actor, build_id)
        return listing(request, page(build.evidence.all(), **query), evidence_representation)

    def prepare(self, request):
        """Ten megabytes of XML are read before the transaction opens: SQLite has one lock for all who write."""
        if request.method == "POST":
            read_query(request, {})
            body = read_body(EvidenceIn, request)
            self.report = read_evidence(
                actor=self.actor,
                build_id=self.kwargs["build_id"],
                kind=body["kind"],
                name=body["name"],
                data=body["file"].read(),
            )

    def post(self, request, build_id):
        """A report: 201."""
        evidence = attach_evidence(actor=self.actor, build_id=build_id, report=self.report)
        return Response(evidence_representation(evidence), status=201)
