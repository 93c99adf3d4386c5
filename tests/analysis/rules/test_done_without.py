"""GP902: what a capture does without is said at its line."""

from collections.abc import Callable

import pytest

from graphperf.analysis.rules import judge

CASES = {
    "self.cuda()": "moves to a GPU",
    "self.to('cuda')": "moves to a GPU",
    "self.w = torch.zeros(3, device='cuda')": "moves to a GPU",
    "torch.hub.load_state_dict_from_url('https://example.org/w.pth')": "loads weights from the network",
}


@pytest.mark.parametrize("statement", CASES)
def test_it_stands_at_its_line_and_the_model_has_figures(write: Callable, statement: str) -> None:
    net = write(f"""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8, 8)
                {statement}  # here

            def forward(self, x):
                return self.fc(x)
    """)
    (finding,) = [finding for finding in judge(net.analysis) if finding.code == "GP902"]
    assert (finding.line, finding.severity, finding.file) == (net.line("# here"), "hint", str(net.path))
    assert finding.message.startswith(CASES[statement])
    assert net.evaluation.latency.value > 0


def test_each_line_once_and_none_where_the_code_leaves_the_device_to_others(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8, 8)
                if torch.cuda.is_available():
                    self.cuda()

            def forward(self, x):
                for _ in range(3):
                    x = self.fc(x.cuda())  # here
                return x
    """)
    assert [f.line for f in judge(net.analysis) if f.code == "GP902"] == [net.line("# here")]
