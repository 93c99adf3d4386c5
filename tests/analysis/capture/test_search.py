"""The search for inputs that `forward` accepts."""

from collections.abc import Mapping, Sequence

import torch

from graphperf.analysis.capture.agent.errors import Diagnosis, read_message
from graphperf.analysis.capture.agent.guess import tensor
from graphperf.analysis.capture.agent.search import Search


def spectrum(signal: torch.Tensor) -> torch.Tensor:
    if signal.dim() != 2:
        raise RuntimeError("Padding size 2 is not supported for 4D input tensor.")  # as torch.stft(signal) says
    return signal


def test_a_guess_that_a_better_way_leads_to_comes_earlier() -> None:
    """Both signals at once are a poor guess after the first error, and the best after the second."""

    class Ran:
        operators: Sequence[int] = ()

        def inputs_of(self, tensors: Sequence[torch.Tensor]) -> set[str]:
            return set()

    def attempt(_: object, built: Mapping[str, torch.Tensor]) -> str:
        recorder.operators = range(1)
        spectrum(built["x"])
        recorder.operators = range(40)
        spectrum(built["y"])
        return "accepted"

    recorder = Ran()

    search = Search(torch.nn.Identity(), lambda _: None, recorder)
    given = {name: [tensor("assumed", 1, 64, 56, 56)] for name in ("x", "y")}
    assignment, result = search.find([], given, attempt)
    assert result == "accepted"
    assert search.tries <= 4
    assert [len(guess.shape) for guess in assignment.values()] == [2, 2]


def test_an_axis_too_many_of_what_is_made_of_an_input_is_one_of_the_input() -> None:
    message = "Wrong shape: expected 3 dims. Received 4-dim tensor."
    found = Diagnosis("", message)
    read_message(message, found)
    assert found.shifts == [-1]
