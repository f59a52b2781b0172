"""What OpenAPI says is what is answered, whatever is asked within it and beyond."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from tests.coldwave.serve.places import HERE, client_of

EXAMPLES = 15  # of each address


@pytest.fixture(scope="module")
def api(place):
    """The app's own description of itself, and the app, running."""
    with client_of(place, upload_seconds=10.0) as client:
        yield schemathesis.openapi.from_asgi("/openapi.json", client.app, base_url=HERE, headers={"Host": "127.0.0.1"})


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_answer_is_beside_its_description(case):
    case.call_and_validate(headers={"Host": "127.0.0.1"})
