"""The tables of the log, the openings beside it, and the sealer's own row."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("tree_size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField(max_length=32)),
                ("note", models.TextField()),
                ("vkey", models.CharField(max_length=400)),
                ("signed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Node",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level", "idx", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("level", models.PositiveSmallIntegerField()),
                ("idx", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=kernel.ids.new_evt,
                        editable=False,
                        max_length=30,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=60)),
                ("actor", models.CharField(max_length=200)),
                ("subject", models.CharField(max_length=200)),
                ("outcome", models.CharField(max_length=7)),
                ("environment", models.CharField(blank=True, default="", max_length=64)),
                ("application", models.CharField(blank=True, default="", max_length=64)),
                ("request_id", models.CharField(blank=True, default="", max_length=200)),
                ("body", models.BinaryField()),
                ("leaf_hash", models.BinaryField(max_length=32)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["at", "id"], name="audit_event_at"),
                    models.Index(fields=["subject", "id"], name="audit_event_subject"),
                    models.Index(fields=["kind", "id"], name="audit_event_kind"),
                    models.Index(fields=["actor", "id"], name="audit_event_actor"),
                    models.Index(fields=["application", "id"], name="audit_event_application"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("leaf_index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("leaf_hash", models.BinaryField(max_length=32)),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leaf",
                        to="audit.auditevent",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SealerState",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("alive_at", models.DateTimeField(null=True)),
                ("mismatch", models.TextField(blank=True, default="")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="audit_sealer_state_single_row"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Opening",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("field", models.CharField(max_length=64)),
                ("nonce", models.BinaryField(max_length=32)),
                ("value", models.TextField()),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="openings",
                        to="audit.auditevent",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("field", "actor")),
                        fields=["value"],
                        name="audit_opening_username",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("event", "field"), name="audit_opening_one_per_field")
                ],
            },
        ),
    ]
