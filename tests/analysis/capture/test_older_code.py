"""Code that was written for other versions, or that a script prepares something for."""

import types
from collections.abc import Callable
from pathlib import Path

import pytest

from graphperf.analysis.capture.agent import removed

pytestmark = pytest.mark.slow

NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, {width})

    {decorator}
    def forward(self, x):
        return self.fc(x)
"""


def net(width: str = "8", decorator: str = "") -> str:
    return NET.format(width=width, decorator=decorator)


def test_a_variable_of_the_environment_is_as_a_script_sets_it(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import os\nos.environ['NET_WIDTH'] = '24'\n")
    written = write("import os\nWIDTH = int(os.environ['NET_WIDTH'])\n" + net("WIDTH"))
    assert written.graph.parameters == 24 * 9
    assert any("NET_WIDTH is not set: taken as '24', as in train.py" in words for words in written.graph.assumptions)


def test_a_variable_that_no_script_sets_is_missing(write: Callable) -> None:
    (problem,) = write("import os\nWIDTH = int(os.environ['NET_WIDTH'])\n" + net("WIDTH")).analysis.problems
    assert "NET_WIDTH" in problem.message


def test_a_decorator_that_fails_is_left_out(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "notes.py").write_text("def note(text):\n    return lambda function: function\n")
    source = "from notes import note\n" + net(decorator="@note('x', more='y')")
    written = write(source)
    assert [operator.kind for operator in written.graph.operators] == ["linear"]
    assert any("the decorator note fails" in words for words in written.graph.assumptions)


def test_a_function_that_moved_within_its_package_is_found(write: Callable) -> None:
    written = write("from torch.nn import interpolate\n" + net().replace("self.fc(x)", "self.fc(interpolate(x, 8))"))
    assert "interpolate" in " ".join(written.graph.assumptions)


def test_a_module_that_became_private_is_found(write: Callable) -> None:
    other = "\n    def other(self):\n        return NamedMemberAccessor(self)\n"
    written = write("from torch.nn.utils.named_member_accessor import NamedMemberAccessor\n" + net() + other)
    assert "torch.nn.utils._named_member_accessor" in " ".join(written.graph.assumptions)


def test_a_folder_of_folders_at_the_root_is_a_package(write: Callable, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    sizes = tmp_path / "src" / "models" / "sizes"
    sizes.mkdir(parents=True)
    (sizes / "widths.py").write_text("WIDTH = 24\n")
    written = write("from src.models.sizes.widths import WIDTH\n" + net("WIDTH"), name="src/nets/net.py")
    assert written.graph.parameters == 24 * 9


def test_a_package_that_asks_for_other_versions_is_taken_as_it_is(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "gpt").mkdir()
    check = "import no_such_checker\nif not no_such_checker.met('lightning>=2'):\n    raise ImportError('needs lightning')\n"
    (tmp_path / "gpt" / "__init__.py").write_text(check)
    assert write(net(), name="gpt/net.py").graph.parameters == 72


def test_a_file_named_from_the_root_is_read(write: Callable, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "width.txt").write_text("24")
    written = write(net("int(open('configs/width.txt').read())"), name="nets/net.py")
    assert written.graph.parameters == 24 * 9


SCRIPT = "WIDTH = 24\nclass Reader:\n    pass\nreader = open('/no/such/file')\n"


def test_what_only_a_function_uses_may_fail(write: Callable) -> None:
    written = write(SCRIPT + net("WIDTH") + "    def read(self):\n        return reader.read()\n")
    assert written.graph.parameters == 24 * 9


@pytest.mark.parametrize("collective", ["all_reduce(x)", "broadcast(x, 0)", "all_gather([x, x], x)"])
def test_a_collective_of_one_process_does_nothing(write: Callable, collective: str) -> None:
    source = net().replace("return self.fc(x)", f"torch.distributed.{collective}\n        return self.fc(x)")
    assert [operator.kind for operator in write(source).graph.operators] == ["linear"]


def test_a_scripted_module_is_a_module(write: Callable) -> None:
    source = net(decorator="@torch.jit.script_method").replace("nn.Module", "torch.jit.ScriptModule")
    assert [operator.kind for operator in write(source).graph.operators] == ["linear"]


def test_a_tensor_that_has_to_be_on_a_gpu_says_so(write: Callable) -> None:
    check = "if not x.is_cuda:\n            raise ValueError('expected input tensor to be on GPU')\n        return self.fc(x)"
    written = write(net().replace("return self.fc(x)", check))
    assert any("they say that they are" in words for words in written.graph.assumptions)


OPEN = """
class NetConfig:
    def __init__(self, depth, **others):
        vars(self).update(others)

class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.fc = nn.Linear(config.hidden_size, 8)

    def forward(self, x):
        return self.fc(x)
"""


@pytest.mark.parametrize("others", [", **others", ""])
def test_a_configuration_lacks_what_code_sets_later(write: Callable, others: str) -> None:
    source = OPEN.replace(", **others", others).replace(
        "vars(self).update(others)", "vars(self).update(others)" if others else "pass"
    )
    assert "hidden_size=64" in write(source).analysis.results[0].constructed


def test_a_class_whose_method_others_write_is_abstract(write: Callable) -> None:
    source = (
        net().replace("return self.fc(x)", "return self.part(x)")
        + "    def part(self, x):\n        raise NotImplementedError\n"
    )
    (problem,) = write(source).analysis.problems
    assert problem.stage == "abstract"
    assert "leaves part() to the classes" in problem.message


def test_a_folder_that_a_file_of_its_name_hides(write: Callable, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for folder in ("utils", "nets"):
        (tmp_path / folder).mkdir()
    (tmp_path / "utils" / "masks.py").write_text("WIDTH = 24\n")
    (tmp_path / "nets" / "utils.py").write_text("")
    written = write("from utils.masks import WIDTH\n" + net("WIDTH"), name="nets/net.py")
    assert written.graph.parameters == 24 * 9


def test_a_file_does_not_import_itself(write: Callable) -> None:
    (problem,) = write(
        "from net import layer\n" + net().replace("self.fc(x)", "layer(x)"), name="net.py"
    ).analysis.problems
    assert "No module named 'net'" in problem.message


def test_a_list_is_taken_apart_and_its_parts_have_the_wanted_rank(write: Callable) -> None:
    source = net().replace("nn.Linear(8, 8)", "nn.Sequential(nn.Conv3d(3, 4, 3), nn.BatchNorm3d(4))")
    written = write(source.replace("self.fc(x)", "self.fc(x[0])"))
    assert [len(given.shape) for given in written.graph.inputs] == [5]
    assert written.graph.inputs[0].name == "x[0]"


REMOVED = {
    "torch.qr(self.fc(x))[0]": "linalg_qr",
    "torch.symeig(self.fc(x), eigenvectors=True)[1]": "linalg_eigh",
    "torch.symeig(self.fc(x))[0]": "linalg_eigh",
}


@pytest.mark.parametrize("call", REMOVED)
def test_a_function_that_pytorch_has_removed_is_the_one_in_its_place(write: Callable, call: str) -> None:
    source = "# graphperf: input=(8, 8)" + net().replace("self.fc(x)", call)
    written = write(source)
    assert any(REMOVED[call] in operator.kind for operator in written.graph.operators)
    assert any("is not in every PyTorch" in words for words in written.graph.assumptions)


def test_what_pytorch_had_for_python_2_is_there(write: Callable) -> None:
    width = "int_classes(24) if isinstance([], container_abcs.Sequence) else 1"
    assert write("from torch._six import container_abcs, int_classes\n" + net(width)).graph.parameters == 24 * 9


@pytest.mark.parametrize("name", ["int", "float", "object"])
def test_a_type_that_numpy_has_removed_is_that_of_python(write: Callable, name: str) -> None:
    pytest.importorskip("numpy")
    written = write("import numpy as np\n" + net(f"24 if np.{name} is {name} else 1"))
    assert written.graph.parameters == 24 * 9
    assert any(f"numpy.{name} is not in every NumPy" in words for words in written.graph.assumptions)


def test_what_moved_nowhere_is_missing(write: Callable) -> None:
    source = "from torch.nn import no_such_function\n" + net().replace("self.fc(x)", "self.fc(no_such_function(x))")
    (problem,) = write(source).analysis.problems
    assert "no_such_function" in problem.message


def test_weights_that_are_not_there_are_the_reason(write: Callable) -> None:
    source = net().replace("nn.Linear(8, 8)", "nn.Linear(8, dict(load_state_dict_from_url('https://x'))['fc.weight'])")
    (problem,) = write("from torch.hub import load_state_dict_from_url\n" + source).analysis.problems
    assert "reads 'fc.weight' of downloaded weights: a capture runs without them" in problem.message
    taken_out = net().replace(
        "self.fc = ", "w = load_state_dict_from_url('https://x')\n        del w['a']\n        self.fc = "
    )
    assert write("from torch.hub import load_state_dict_from_url\n" + taken_out).graph.parameters == 72


def test_addresses_of_weights_that_torchvision_had(write: Callable) -> None:
    top = "from torchvision.models.resnet import model_urls\n"
    top += "model_urls['resnet18'] = model_urls['resnet18'].replace('https', 'http')\n"
    assert write(top + net("24")).graph.parameters == 24 * 9


def test_a_tensor_of_values_is_made_where_an_input_is(write: Callable) -> None:
    scaled = net().replace("return self.fc(x)", "return self.fc(x) * torch.Tensor([[1, 2]], device=x.device).mean()")
    assert [operator.kind for operator in write(scaled).graph.operators][-1] == "mul"


@pytest.mark.parametrize(("name", "now"), [("cumproduct", "cumprod"), ("product", "prod"), ("in1d", "isin")])
def test_a_function_of_numpy_has_another_name_now(write: Callable, name: str, now: str) -> None:
    pytest.importorskip("numpy")
    written = write("import numpy as np\n" + net(f"24 if np.{name} is np.{now} else 1"))
    assert written.graph.parameters == 24 * 9


def test_what_is_given_by_keyword_only_may_be_given_by_position() -> None:
    def pad(data: str, *, size: int, axis: int = -1, **others: int) -> tuple[str, int, int, dict[str, int]]:
        return data, size, axis, others

    assert isinstance(pad, types.FunctionType)
    removed.accept_by_position(pad)
    assert pad("x", 3) == ("x", 3, -1, {})  # pyright: ignore[reportCallIssue]
    assert pad("x", 3, 1, more=2) == ("x", 3, 1, {"more": 2})  # pyright: ignore[reportCallIssue]
    assert pad("x", size=4) == ("x", 4, -1, {})


def test_what_must_be_given_on_the_command_line_is_none(write: Callable) -> None:
    parsed = """import argparse
parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--dataset", required=True)
parser.add_argument("--width", type=int, default=24)
args = parser.parse_args()
"""
    written = write(parsed + net("args.width if args.dataset is args.folder is None else 1"))
    assert written.graph.parameters == 24 * 9
    assert any("the argument dataset of the command line is not given" in words for words in written.graph.assumptions)


def test_what_is_given_to_a_parser_is_not_missing(write: Callable) -> None:
    parsed = """import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int, required=True)
args = parser.parse_args(["--width", "24"])
"""
    written = write(parsed + net("args.width"))
    assert (written.graph.parameters, written.graph.assumptions) == (24 * 9, ())
