"""The least that Celery does: a task that answers. The floor of the start bench, in a worker like the product's."""

import os

from celery import Celery

# Another database of the same Redis, so that the two never take each other's messages.
REDIS = os.environ["REDIS_URL"].rsplit("/", 1)[0] + "/1"

app = Celery("echo", broker=REDIS, backend=REDIS)
app.conf.update(task_serializer="json", accept_content=["json"], worker_prefetch_multiplier=1)


@app.task(name="echo")
def echo(text: str) -> str:
    return text
