"""REST: `POST /builds`, and the releases. Detail, withdrawal and diff are mounted above, where
deployments are known; they use `queries`, `actions`, `representations` and `diff` of this app."""

from collections.abc import Iterable

from rest_framework.response import Response
from rest_framework.reverse import reverse

from builds import api as builds_api
from builds.models import Build
from builds.representations import build_representation
from kernel.paging import page, read_limit
from kernel.rest import ApiView, listing, read_body, read_query
from releases.actions.cut import cut_release
from releases.actions.hand_over import accept
from releases.queries import ids_by_build, visible_to
from releases.representations import release_representation
from releases.serializers import CutIn


class KnowsReleases:
    """Mixed into the views of builds: what was cut from them."""

    def release_ids(self, builds: Iterable[Build]) -> dict[str, str]:
        """{build id: release id}."""
        return ids_by_build(builds)


class Builds(KnowsReleases, builds_api.BuildList):
    def post(self, request):
        """The build, taken once: 201 with Location, or 200 with the one that is there."""
        read_query(request, {})
        build, release, created = accept(actor=self.actor, post=request.data)
        body = build_representation(build, release=release.pk if release else None, created=created)
        if not created:
            return Response(body)
        location = reverse("api-build", args=[build.pk], request=request)
        return Response(body, status=201, headers={"Location": location})


class BuildDetail(KnowsReleases, builds_api.BuildDetail):
    pass


class Releases(ApiView):
    def environments_of(self, releases: Iterable) -> dict[str, dict]:
        """{release id: {environment: {"deployment", "state", "at"}}}; this floor knows none, deployments does."""
        return {}

    def get(self, request):
        """The visible releases, newest first, `?application=`."""
        query = read_query(request, {"application": None, "cursor": None, "limit": read_limit})
        releases = visible_to(self.actor)
        if query["application"] is not None:
            releases = releases.filter(application=query["application"])
        found = page(releases, cursor=query["cursor"], limit=query["limit"])
        where = self.environments_of(found.items)
        return listing(
            request, found, lambda release: release_representation(release, where.get(release.pk, {}))
        )

    def post(self, request):
        """Cut a release of a build whose branch does not cut by itself: 201, or 200 with the one there is."""
        read_query(request, {})
        body = read_body(CutIn, request)
        release, created = cut_release(
            actor=self.actor, application_name=body["application"], version=body["version"]
        )
        where = self.environments_of([release]).get(release.pk, {})
        return Response(release_representation(release, where), status=201 if created else 200)
