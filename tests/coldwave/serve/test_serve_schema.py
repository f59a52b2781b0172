"""What OpenAPI says is what is answered, whatever is asked within it and beyond."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.specs.openapi.checks import positive_data_acceptance

import coldwave
from coldwave.serve.app import make_app
from coldwave.serve.settings import Settings

EXAMPLES = 15  # of each address, and as many that are wrong
HOST = {"Host": "127.0.0.1"}
ASKED_NOTHING = {"GET /api/run", "GET /healthz", "GET /metrics"}  # so that nothing can be asked wrongly
# A schema cannot say that bytes are audio or a history, or that a path has two ends.
BEYOND = {"POST /api/place", "POST /api/recommendations", "POST /api/playlists", "GET /api/path"}


@pytest.fixture(scope="module")
def schema(place):
    """The app's description of itself. Schemathesis starts the app, once for all that it asks."""
    app = make_app(coldwave.load(place / "results/small"), Settings(upload_seconds=10.0))
    yield schemathesis.openapi.from_asgi("/openapi.json", app, headers=HOST)
    shutdown_lifespans()


def ask(operation, mode):
    """Ask an address as its schema says, or beside it, and check the answers."""
    excluded = [positive_data_acceptance] if operation.label in BEYOND else []

    @settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case):
        case.call_and_validate(headers=HOST, excluded_checks=excluded)

    check()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_answer_is_beside_its_description(schema, mode):
    operations = [found.ok() for found in schema.get_all_operations()]
    left_out = ASKED_NOTHING if mode is GenerationMode.NEGATIVE else set()
    labels = {operation.label for operation in operations}
    assert labels >= BEYOND | ASKED_NOTHING | {"GET /rest/findSonicPath"}
    for operation in operations:
        if operation.label not in left_out:
            ask(operation, mode)


def test_all_whole_numbers_have_bounds(run):
    described = make_app(run, Settings()).openapi()
    for address, operations in described["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                kind = parameter["schema"]
                if kind.get("type") == "integer":
                    assert "minimum" in kind and "maximum" in kind, (address, parameter["name"])
