"""Models that code takes from the Hugging Face Hub, without a network and without the library itself."""

from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

# What transformers is to the code that uses it: names that a hub would answer, a configuration, a model.
LIBRARY = {
    "__init__": "from .modeling_utils import *\nfrom .configuration_utils import *\nfrom .tokenization_utils_base import *\n",
    "configuration_utils": """
class PreTrainedConfig:
    def __init__(self, width=24):
        self.width = width

    @classmethod
    def from_pretrained(cls, name):
        if name == "on-disk":
            return cls(40)
        raise OSError("no network")
""",
    "modeling_utils": """
from torch import nn
from .configuration_utils import PreTrainedConfig

class PreTrainedModel(nn.Module):
    config_class = PreTrainedConfig

    def __init__(self, config, pooling=True):
        super().__init__()
        if not isinstance(config, PreTrainedConfig):
            raise TypeError("config should be an instance of class PreTrainedConfig")
        self.layer = nn.Linear(config.width, config.width, bias=pooling)

    @classmethod
    def from_pretrained(cls, name, **options):
        raise OSError("no network")

    def forward(self, x):
        return self.layer(x)
""",
    "tokenization_utils_base": """
class PreTrainedTokenizerBase:
    @classmethod
    def from_pretrained(cls, name):
        raise OSError("no network")
""",
}
NET = """
from transformers import *

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = {body}

    def forward(self, x):
        return self.body(x)
"""


@pytest.fixture
def library(tmp_path: Path) -> None:
    (tmp_path / "transformers").mkdir()
    for name, text in LIBRARY.items():
        (tmp_path / "transformers" / f"{name}.py").write_text(text)


MODELS = {
    "PreTrainedModel.from_pretrained('net')": 24 * 25,
    "PreTrainedModel.from_pretrained('net', pooling=False)": 24 * 24,
    "PreTrainedModel.from_pretrained('net', width=8, device_map=None)": 8 * 9,
    "PreTrainedModel.from_pretrained('on-disk')": 40 * 41,
    "PreTrainedModel.from_pretrained('net', config=PreTrainedConfig(12))": 12 * 13,
}


@pytest.mark.parametrize("body", MODELS)
@pytest.mark.usefixtures("library")
def test_a_model_of_the_hub_is_as_its_configuration_makes_it(write: Callable, body: str) -> None:
    graph = write(NET.format(body=body)).graph
    assert graph.parameters == MODELS[body]
    assert any("weights of the Hugging Face Hub are not loaded" in words for words in graph.assumptions)
    guessed = any("has its defaults" in words for words in graph.assumptions)
    assert guessed == ("'net'" in body and "config=" not in body)


@pytest.mark.usefixtures("library")
def test_a_tokenizer_that_is_not_there_is_the_reason(write: Callable) -> None:
    (problem,) = write(NET.format(body="PreTrainedTokenizerBase.from_pretrained('net')")).analysis.problems
    assert "downloads the tokenizer net: a capture has no network" in problem.message


@pytest.mark.usefixtures("library")
def test_a_class_of_the_library_has_the_configuration_that_it_states(write: Callable) -> None:
    source = (
        "from transformers import PreTrainedModel\n\nclass Net(PreTrainedModel):\n    def __init__(self, config):\n"
    )
    written = write(
        source + "        super().__init__(config)\n    def forward(self, x):\n        return self.layer(x)\n"
    )
    assert written.graph.parameters == 24 * 25


@pytest.mark.usefixtures("library")
def test_the_reason_is_what_a_capture_refuses_and_not_the_first_error(write: Callable) -> None:
    net = NET.format(body="PreTrainedTokenizerBase.from_pretrained(config['name'])").replace(
        "(self)", "(self, config=None)"
    )
    (problem,) = write(net).analysis.problems
    assert "downloads the tokenizer" in problem.message
