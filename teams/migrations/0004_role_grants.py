"""From when to when somebody had a role. What people have at this moment began, as far as anybody knows, with them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def begin(apps, schema_editor):
    person, grant = apps.get_model("teams", "Person"), apps.get_model("teams", "RoleGrant")
    grant.objects.bulk_create(
        grant(person=one, role=role, since=one.created_at, granted_by="system:migration")
        for one in person.objects.all()
        for role in sorted(set(one.roles))
    )


class Migration(migrations.Migration):
    dependencies = [
        ("teams", "0003_delegations"),
    ]

    operations = [
        migrations.CreateModel(
            name="RoleGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("role", models.CharField(max_length=64)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("granted_by", models.CharField(max_length=200)),
                ("ended_by", models.CharField(blank=True, default="", max_length=200)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="role_grants",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until__isnull", True)),
                        fields=("person", "role"),
                        name="role_grant_one_current",
                    )
                ],
            },
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
