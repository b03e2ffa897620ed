"""The one row that the bare endpoint writes."""

from django.db import models


class Row(models.Model):
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
