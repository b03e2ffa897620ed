"""The floors: as little as an endpoint and a page can do behind the same middleware and authentication."""

from django.http import HttpResponse
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.models import Row


class Rows(APIView):
    """One row in, one row out; the project's authentication, parser, renderer and error handler."""

    def post(self, request):
        row = Row.objects.create(name=request.data["name"])
        return Response({"id": row.pk, "name": row.name}, status=status.HTTP_201_CREATED)


def page(request):
    """A page for who is signed in: the session and the person are read, nothing else."""
    return HttpResponse(f"<!doctype html><title>{request.user.username}</title>")
