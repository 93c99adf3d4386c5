"""Runs models before and after a fix with the same parameters on the same inputs, in an interpreter with PyTorch.

Reads a JSON list of (before, after, class, [(shape, dtype)]); writes what differs, as a JSON list.
"""

import json
import runpy
import sys

import torch


def main() -> None:
    json.dump([_difference(*pair) for pair in json.load(sys.stdin)], sys.stdout)


def _difference(before: str, after: str, name: str, inputs: list) -> str:
    torch.manual_seed(0)
    torch.set_num_threads(2)
    models = [_model(path, name) for path in (before, after)]
    first, second = models
    if list(first.state_dict()) != list(second.state_dict()):
        return "state_dict"
    for parameter in first.parameters():
        parameter.data.normal_(std=0.05)
    second.load_state_dict(first.state_dict())
    given = [_input(shape, dtype) for shape, dtype in inputs]
    copies = [[t.clone().requires_grad_(t.is_floating_point()) for t in given] for _ in models]
    results = [model(*copy) for model, copy in zip(models, copies, strict=True)]
    if not torch.isfinite(results[0]).all() or results[0].abs().max() < 1e-4:
        return "the outputs say nothing"
    if not _alike(*results):
        return f"outputs by {(results[0] - results[1]).abs().max():.2g}"
    gradients = [torch.autograd.grad(r.square().mean(), c[0])[0] for r, c in zip(results, copies, strict=True)]
    return "" if _alike(*gradients) else "gradients"


def _alike(first: torch.Tensor, second: torch.Tensor) -> bool:
    return torch.allclose(first, second, rtol=1e-4, atol=1e-5)


def _model(path: str, name: str) -> torch.nn.Module:
    return runpy.run_path(path)[name]().eval().double()


def _input(shape: list, dtype: str) -> torch.Tensor:
    if dtype.startswith("float"):
        return torch.randn(shape, dtype=torch.float64)
    marks = torch.rand(shape) < 0.3
    marks[..., 0] = dtype != "bool"  # no row is masked as a whole
    return marks.to(getattr(torch, dtype))


if __name__ == "__main__":
    main()
