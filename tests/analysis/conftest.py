"""What the engine's tests share: torchvision models, models from text, graphs by hand."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path

import pytest

from graphperf.analysis.capture import PoolCapturer, module_request
from graphperf.analysis.discovery import FileTarget, ModuleTarget
from graphperf.analysis.estimate import Evaluation, Question, evaluate
from graphperf.analysis.graph import Attribute, Graph, InputSpec, Operator, Tensor
from graphperf.analysis.numerics import parse_numerics
from graphperf.analysis.pipeline import Analysis, analyze
from graphperf.analysis.report.lines import LineSummary, line_summaries
from graphperf.analysis.settings import Options
from graphperf.hardware_profiles import profile

PRELUDE = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


class Zoo:
    """Graphs of torchvision models and their evaluations, each made once."""

    def __init__(self, capturer: PoolCapturer) -> None:
        self._capturer = capturer
        self._graphs: dict[tuple[str, int], Graph] = {}
        self._evaluations: dict[tuple[str, str, str, str, int], Evaluation] = {}

    def graph(self, name: str, batch: int = 1) -> Graph:
        if (name, batch) not in self._graphs:
            target = ModuleTarget("torchvision.models", name)
            captured = self._capturer.capture(module_request(target, (), (), "given", batch))
            assert captured.graph is not None, captured.error
            self._graphs[name, batch] = captured.graph
        return self._graphs[name, batch]

    def evaluation(
        self, name: str, mode: str = "eager", device: str = "h100-sxm5-80gb", precision: str = "fp32", batch: int = 1
    ) -> Evaluation:
        key = (name, mode, device, precision, batch)
        if key not in self._evaluations:
            question = Question(profile(device), parse_numerics(precision), mode)  # pyright: ignore[reportArgumentType]
            self._evaluations[key] = evaluate(self.graph(name, batch), question)
        return self._evaluations[key]


@pytest.fixture(scope="session")
def zoo(capturer: PoolCapturer) -> Zoo:
    return Zoo(capturer)


@dataclass
class Written:
    """A file with models and what the engine says of it."""

    path: Path
    text: str
    analysis: Analysis

    @property
    def graph(self) -> Graph:
        assert not self.analysis.problems, self.analysis.problems
        return self.analysis.results[0].graph

    @property
    def evaluation(self) -> Evaluation:
        assert not self.analysis.problems, self.analysis.problems
        return self.analysis.results[0].evaluations[0]

    def line(self, fragment: str) -> int:
        """The only line that contains `fragment`."""
        (number,) = [n for n, line in enumerate(self.text.splitlines(), 1) if fragment in line]
        return number

    def at(self, fragment: str) -> list[str]:
        """Kinds of the working operators whose innermost line in the file is that of `fragment`."""
        number, path = self.line(fragment), str(self.path.resolve())
        lines = [(next(s.line for s in o.source if s.file == path), o) for o in self.graph.operators]
        return [o.kind for line, o in lines if line == number and not o.view]

    def summary(self, fragment: str) -> LineSummary:
        found = line_summaries(self.evaluation, str(self.path), self.analysis.discovery.classes)
        return next(s for s in found if s.line == self.line(fragment))


@pytest.fixture
def write(tmp_path: Path, capturer: PoolCapturer) -> Callable[..., Written]:
    """Writes a file with the usual imports, analyses it, and returns both."""

    def write(source: str, *, name: str = "model.py", prelude: str = PRELUDE, **options: object) -> Written:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = prelude + textwrap.dedent(source).lstrip("\n")
        path.write_text(text, "utf-8")
        given = Options(**options)  # pyright: ignore[reportArgumentType]
        return Written(path, text, analyze(FileTarget(path), given, capturer))

    return write


class Sketch:
    """A graph made by hand. Tensors and results are named by their ids."""

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        self.operators: list[Operator] = []

    def tensor(
        self,
        *shape: int,
        role: str = "input",
        dtype: str = "float32",
        strides: tuple[int, ...] | None = None,
        of: int | None = None,
    ) -> int:
        """A new tensor; `of` lets it share the storage of another."""
        number = len(self.tensors)
        contiguous = tuple(prod(shape[i + 1 :]) for i in range(len(shape)))
        storage = number if of is None else self.tensors[of].storage
        self.tensors.append(Tensor(number, shape, dtype, strides or contiguous, storage, role))  # pyright: ignore[reportArgumentType]
        return number

    def weight(self, *shape: int) -> int:
        return self.tensor(*shape, role="parameter")

    def add(
        self,
        kind: str,
        inputs: list[int] | dict[str, int],
        *shapes: tuple[int, ...],
        view: bool = False,
        **attributes: Attribute,
    ) -> int:
        """Appends an operator with a result for each shape; returns the first result."""
        named = inputs if isinstance(inputs, dict) else dict(zip(("input", "other", "third"), inputs, strict=False))
        of = next(iter(named.values())) if view else None
        outputs = [self.tensor(*shape, role="activation", of=of) for shape in shapes]
        number = len(self.operators)
        self.operators.append(
            Operator(
                number, f"{kind}{number}", kind, kind, tuple(named.values()), tuple(named), tuple(outputs),
                attributes, "", 0, (), view,
            )
        )  # fmt: skip
        return outputs[0]

    def graph(self, *outputs: int) -> Graph:
        inputs = tuple(t.id for t in self.tensors if t.role == "input")
        sizes = {"float32": 4, "int64": 8, "float16": 2, "bool": 1}
        storages: dict[int, int] = {}
        for tensor in self.tensors:
            storages[tensor.storage] = max(storages.get(tensor.storage, 0), tensor.elements * sizes[tensor.dtype])
        return Graph(
            model="Sketch",
            operators=tuple(self.operators),
            tensors=tuple(self.tensors),
            storage_bytes=storages,
            modules=(),
            inputs=tuple(InputSpec(self.tensors[t].shape, self.tensors[t].dtype, "given") for t in inputs),
            input_tensors=inputs,
            output_tensors=outputs,
            parameters=sum(t.elements for t in self.tensors if t.role == "parameter"),
        )


@pytest.fixture
def sketch() -> Sketch:
    return Sketch()
