"""A pipeline is saved with references to secrets and never with a secret."""

import pytest

from audit.models import AuditEvent
from pipelines.models import PipelineVersion
from tests import people
from tests.pipelines import places
from tests.teams.callers import as_administrator, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def payments():
    for name in ("dev", "staging", "prod"):
        places.environment(name)
    return people.application("payments")


@pytest.mark.parametrize(
    "secret",
    ["AKIAIOSFODNN7EXAMPLE", "-----BEGIN RSA PRIVATE KEY-----", "ghp_" + "a" * 36],
    ids=["access key", "private key", "token of a forge"],
)
@pytest.mark.parametrize("method", ["put", "post"])
def test_a_secret_in_a_pipeline_is_422_is_never_repeated_and_nothing_is_kept(payments, secret, method):
    target = f"template: template, parameters: {{Key: '{secret}'}}}}"
    source = places.source().replace("template: template}", target, 1)
    path = "/pipelines/payments" + ("/validate" if method == "post" else "")
    answer = getattr(as_administrator(), method)(path, {"source": source})
    assert problem(answer)[:2] == (422, "secret_in_parameters")
    assert secret not in answer.content.decode()
    assert answer.json()["errors"][0]["line"] == 4
    assert not PipelineVersion.objects.exists()
    kept = [bytes(event.body).decode() for event in AuditEvent.objects.all()]
    assert [body for body in kept if secret in body] == []


@pytest.mark.parametrize(
    "reference",
    [
        "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-AbCdEf",
        "arn:aws:ssm:eu-west-1:111111111111:parameter/db/password",
    ],
)
def test_a_reference_to_a_secret_is_taken(payments, reference):
    target = f"template: template, parameters: {{DbPassword: '{reference}'}}}}"
    source = places.source().replace("template: template}", target, 1)
    answer = as_administrator().put("/pipelines/payments", {"source": source})
    assert answer.status_code == 200
    assert answer.json()["stages"][0]["target"]["parameters"] == {"DbPassword": reference}
