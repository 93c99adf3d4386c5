import pytest

from graphperf.server.client_options import ClientOptions, read_client_options


@pytest.mark.parametrize("given", [None, [], "heat", {}, {"heat": None, "status": "true", "clientCommands": 1}])
def test_nothing_is_sent_that_was_not_asked_for(given):
    assert read_client_options(given) == ClientOptions()


def test_each_is_asked_for_by_itself():
    given = {"heat": True, "status": True, "clientCommands": True}
    for name, field in (("heat", "heat"), ("status", "status"), ("clientCommands", "client_commands")):
        assert read_client_options({name: True, "mode": "ideal"}) == ClientOptions(**{field: True})
    assert read_client_options(given) == ClientOptions(True, True, True)
