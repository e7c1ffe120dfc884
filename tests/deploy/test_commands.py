import sys

import pytest

from tests.deploy import compose, native
from tests.deploy.compose import Json

HOTLINE = "import sys; from streams.cli import main; sys.argv[0] = 'hotline'; sys.exit(main())"


@pytest.mark.parametrize(("name", "service"), compose.ours().items(), ids=list(compose.ours()))
def test_every_service_runs_a_command_that_exists(name: str, service: Json) -> None:
    words = service["command"]
    commands = [word for word in words if not word.startswith(("-", "/"))]
    said = native.checked(sys.executable, "-c", HOTLINE, *commands, "--help")
    for option in (word for word in words if word.startswith("-")):
        assert option in said, f"{name}: {option}"
