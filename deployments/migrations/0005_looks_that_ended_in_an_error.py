from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deployments", "0004_what_was_in_force_at_the_start")]

    operations = [
        migrations.AddField(
            model_name="deployment",
            name="failures",
            field=models.PositiveSmallIntegerField(default=0, db_default=0),
        ),
    ]
