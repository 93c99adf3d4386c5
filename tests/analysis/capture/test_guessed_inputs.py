"""Inputs nobody stated: from calls in the file, from names and annotations, and corrected after errors."""

from collections.abc import Callable

import pytest


def net(forward: str, init: str = "pass", parameters: str = "x") -> str:
    body = "\n        ".join(forward.splitlines())
    return f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {init}

    def forward(self, {parameters}):
        {body}
"""


CONV = "self.conv = nn.Conv2d(3, 8, 3)"

CALLS = {
    "in a script": (
        "if __name__ == '__main__':\n    net = Net()\n    net(torch.randn(2, 3, 64, 48))\n",
        (2, 3, 64, 48),
    ),
    "named tensor": ("def test():\n    x = torch.rand(4, 3, 32, 32)\n    y = Net().cuda()(x.cuda())\n", (4, 3, 32, 32)),
    "named sizes": ("n, side = 5, 40\nnet = Net()\nout = net(torch.zeros((n, 3, side, side * 2)))\n", (5, 3, 40, 80)),
    "summary": ("if __name__ == '__main__':\n    summary(Net(), (3, 96, 96))\n", (1, 3, 96, 96)),
    "torchinfo": ("def main():\n    net = Net()\n    summary(net, input_size=(7, 3, 50, 50))\n", (7, 3, 50, 50)),
    "profile": ("def main():\n    x = torch.randn(1, 3, 70, 70)\n    profile(Net(), inputs=(x,))\n", (1, 3, 70, 70)),
    "factory": ("def make():\n    return Net()\nmake().eval()(torch.ones(3, 3, 33, 33))\n", (3, 3, 33, 33)),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_in_the_file_says_the_input(write: Callable, name: str) -> None:
    call, shape = CALLS[name]
    written = write(net("return self.conv(x)", CONV) + call)
    (spec,) = written.graph.inputs
    assert spec.shape == shape
    assert spec.origin.startswith("the call on line ")


def test_batch_goes_before_the_call(write: Callable) -> None:
    written = write(net("return self.conv(x)", CONV) + "Net()(torch.randn(2, 3, 64, 48))\n", batch=6)
    assert written.graph.inputs[0].shape == (6, 3, 64, 48)


def test_a_call_that_does_not_fit_is_passed_over(write: Callable) -> None:
    written = write(net("return self.conv(x)", "self.conv = nn.Conv1d(5, 8, 3)") + "Net()(torch.randn(2, 7))\n")
    assert written.graph.inputs[0].shape[1] == 5


REPAIRED = {
    "flattened features": (
        "x = F.max_pool2d(self.a(x), 2)\nreturn self.b(F.max_pool2d(x, 2).flatten(1))",
        "self.a = nn.Conv2d(1, 6, 5, padding=2); self.b = nn.Linear(6 * 7 * 7, 10)",
        (1, 1, 28, 28),
    ),
    "channels": ("return self.a(self.b(x))", "self.a = nn.Conv2d(16, 8, 1); self.b = nn.Conv2d(5, 16, 1)", None),
    "rank": ("b, n, c = x.shape\nreturn self.a(x).view(b, n * c)", "self.a = nn.Linear(8, 8)", (1, 128, 8)),
    "rank of a volume": ("b, c, d, h, w = x.shape\nreturn x * 2", "pass", None),
    "parameter": ("return x * self.scale", "self.scale = nn.Parameter(torch.ones(48))", None),
    "dtype": ("return self.table(x)", "self.first = nn.Linear(8, 8); self.table = nn.Embedding(10, 8)", None),
    "assertion": ("assert x.shape[2] == 40\nreturn self.a(x)", "self.a = nn.Conv2d(3, 4, 1)", (1, 3, 40, 40)),
    "multiple": ("assert x.shape[-1] % 100 == 0\nreturn self.a(x)", "self.a = nn.Conv2d(3, 4, 1)", None),
    "too small": ("for _ in range(6): x = self.a(x)\nreturn x", "self.a = nn.Conv2d(8, 8, 3, stride=2)", None),
    "a batch that is squeezed": (
        "return self.b(self.a(x).flatten(2).mean(-1).squeeze())",
        "self.a = nn.Conv2d(3, 8, 1); self.b = nn.BatchNorm1d(8)",
        (2, 3, 224, 224),
    ),
    "padding": (
        "x = F.pad(x, (3, 3), 'reflect')\nb, c, n = x.shape\nreturn self.a(x[..., None])",
        "self.a = nn.Conv2d(4, 4, 1)",
        None,
    ),
    "no layer": ("return torch.relu(x)", "pass", None),
}


@pytest.mark.parametrize("name", REPAIRED)
def test_an_error_corrects_the_guess(write: Callable, name: str) -> None:
    forward, init, shape = REPAIRED[name]
    (spec,) = write(net(forward, init)).graph.inputs
    assert shape is None or spec.shape == shape
    assert spec.origin.startswith("assumed")


def test_the_side_that_the_constructor_names_comes_first(write: Callable) -> None:
    source = net("return self.a(x)", "self.a = nn.Conv2d(3, 8, 3)").replace(
        "__init__(self)", "__init__(self, img_size=96)"
    )
    assert write(source).graph.inputs[0].shape == (1, 3, 96, 96)


def test_only_the_successful_try_is_recorded(write: Callable) -> None:
    written = write(
        net(
            "x = self.a(x)\nreturn self.b(x.flatten(1))",
            "self.a = nn.Conv2d(3, 4, 1); self.b = nn.Linear(4 * 32 * 32, 2)",
        )
    )
    assert [operator.kind for operator in written.graph.operators if not operator.view] == ["conv2d", "linear"]
    assert len(written.graph.input_tensors) == 1
    assert written.graph.inputs[0].origin == "assumed after the error in b (in_features 4096)"


def test_what_a_failed_try_left_in_the_model_is_gone(write: Callable) -> None:
    init = "self.seen = None; self.a = nn.Conv2d(3, 4, 1); self.b = nn.Linear(4 * 32 * 32, 2)"
    forward = "if self.seen is None: self.seen = x.shape\nreturn self.b(self.a(x).flatten(1)).expand(self.seen[-1], 2)"
    written = write(net(forward, init))
    assert written.graph.tensors[written.graph.output_tensors[0]].shape == (32, 2)


SEVERAL = {
    "mask": ("if mask is not None: x = x * mask\nreturn self.a(x)", "self.a = nn.Linear(8, 8)", "x, mask"),
    "time step": (
        "return self.a(x) + self.b(t[:, None].float())[:, :, None, None]",
        "self.a = nn.Conv2d(3, 8, 1); self.b = nn.Linear(1, 8)",
        "x, t",
    ),
    "two images": ("return self.a(torch.cat([x1, x2], 1))", "self.a = nn.Conv2d(6, 8, 1)", "x1, x2"),
    "two joined inputs of different channels": (
        "g = self.a(torch.cat([h, x], 1)).sigmoid().tanh().exp()\nreturn self.a(torch.cat([g * h, x], 1))",
        "self.a = nn.Conv2d(48, 16, 3, padding=1)",
        "h, x",
    ),
    "frames in the batch": (
        "return self.a(x).view(-1, 8, 4, x.shape[2] * x.shape[3])", "self.a = nn.Conv2d(3, 4, 1)", "x",
    ),
    "batch as a number": (
        "return self.a.repeat(batch, 1, 1)", "self.a = nn.Parameter(torch.ones(1, 4, 4))", "batch",
    ),
    "masks for places of a sequence": (
        "return self.a(x * x_mask) + y * y_mask.unsqueeze(1)", "self.a = nn.Conv1d(8, 8, 1)", "x, x_mask, y, y_mask",
    ),
    "as many as a list has": (
        "n = ids.shape[-1]\nreturn torch.cat([self.a[i] * ids[..., i] for i in range(n)])", "self.a = [1, 2, 3]", "ids",
    ),
    "a strength": (
        "assert guidance is not None\nreturn self.a(x) * guidance[:, None, None, None]",
        "self.a = nn.Conv2d(3, 8, 1)",
        "x, guidance=None",
    ),
    "two signals": (
        "a, b = (torch.stft(each, 1024, return_complex=True).abs() for each in (x, y))\nreturn (a - b).mean()", "pass", "x, y",
    ),
    "a flag": ("if transposed: x = x.unsqueeze(-1)\nreturn self.a(x)", "self.a = nn.Linear(8, 8)", "x, transposed"),
    "asserted": (
        "assert t is not None\nreturn self.a(x) * t[:, None, None, None]", "self.a = nn.Conv2d(3, 8, 1)", "x, t=None",
    ),
    "the type of another": ("return (x < skip).type(skip.type()) * x", "pass", "x, skip"),
    "sound": ("batch, sources, channels, time = wav.shape\nreturn wav[..., : time - 8000] * 2", "pass", "wav"),
    "a sequence beside another, of as many places as are left": (
        "x = torch.cat([self.b(context), self.a(x).flatten(2).transpose(1, 2)], 1)\nreturn x + self.places",
        "self.a = nn.Conv2d(3, 16, 16, 16); self.b = nn.Linear(8, 16); self.places = nn.Parameter(torch.zeros(1, 273, 16))",
        "x, context",
    ),
    "a rank that a product asks for": (
        "q = self.a(x).view(1, -1, 4, 2)\nreturn torch.einsum('bind,jnd->bnij', q, table)",
        "self.a = nn.Linear(8, 8)",
        "x, table",
    ),
    "a mask for as many places as there are": (
        "assert x.shape[-1] == 224, 'the size is not 224'\nx = self.a(x).flatten(2).transpose(1, 2)\n"
        "w = mask.flatten(1).unsqueeze(-1)\nx = x * (1 - w) + self.b * w\nreturn x",
        "self.a = nn.Conv2d(3, 8, 4, 4); self.b = nn.Parameter(torch.zeros(1, 1, 8))",
        "x, mask",
    ),
    "features by name": (
        "a, b, c = list(features.values())[:3]\nreturn self.a(a) + F.interpolate(self.b(b), a.shape[2:]), self.b(c[:, :128])",
        "self.a = nn.Conv2d(64, 8, 1); self.b = nn.Conv2d(128, 8, 1)",
        "features",
    ),
    "two images and what is made of them": (
        "return self.a(torch.cat([x, y, x - y, x / (y + 1), y / (x + 1)], 1))", "self.a = nn.Conv2d(5, 8, 1)", "x, y",
    ),
    "an odd number of joined channels": (
        "return self.a(torch.cat([h, x], 1))", "self.a = nn.Conv2d(7, 8, 1)", "h, x",
    ),
    "one of several texts": (
        "assert mode in ['wide', 'deep']\nreturn self.a(x)", "self.a = nn.Linear(8, 8)", "x, mode",
    ),
    "a text": (
        "if not isinstance(caption[0], str): raise ValueError('text input must be of type `str`')\nreturn self.a(x)",
        "self.a = nn.Conv2d(3, 8, 1)",
        "x, caption",
    ),
    "complex numbers": ("return self.a(x.real) + self.a(x.imag)", "self.a = nn.Conv2d(3, 8, 1)", "x"),
    "the places that an image makes beside others": (
        "x = self.a(x).flatten(2).transpose(1, 2)\nx = torch.cat([self.b.repeat(1, 64, 1), x], 1)\nreturn x + self.c",
        "self.a = nn.Conv2d(16, 32, 1); self.b = nn.Parameter(torch.zeros(1, 1, 32)); "
        "self.c = nn.Parameter(torch.zeros(1, 320, 32))",
        "x",
    ),
    "one of a batch for each": (
        "assert x.dim() == 2\nreturn self.a(x) + self.b(y).expand(1, -1)",
        "self.a = nn.Linear(8, 8); self.b = nn.Embedding(9, 8)",
        "x, y",
    ),
    "a size that a chain of comparisons asks for": (
        "assert x.shape[2] == x.shape[3] == self.side\nreturn self.a(x)", "self.a = nn.Conv2d(3, 8, 1); self.side = 40", "x",
    ),
    "results by key": (
        "logits, boxes = outputs['logits'], outputs['boxes']\nx, y, w, h = boxes.unbind(-1)\nreturn logits.sum() + x + w",
        "pass",
        "outputs",
    ),
    "pairs of real numbers": ("return torch.view_as_complex(spectrum).abs()", "pass", "spectrum"),
    "sound that is long enough": (
        "x = self.a(x[:, None])\nfor _ in range(6): x = F.max_pool1d(x, 4)\nreturn x", "self.a = nn.Conv1d(1, 8, 11, 5, 5)", "x",
    ),
    "a list that only its items say": (
        "h, w = target.shape[1:]\nreturn F.interpolate(preds[0], size=(h, w), mode='bilinear')", "pass", "preds, target",
    ),
    "features one by one": (
        "a, b, c = features[-3:]\nreturn self.a(a) + F.interpolate(self.a(b), scale_factor=2)", "self.a = nn.Conv2d(64, 8, 1)",
        "*features",
    ),
    "a series with its marks": (
        "x, mark = x_enc.transpose(1, 2), x_mark.transpose(1, 2)\nreturn self.a(torch.cat([x - x.mean(), mark], 1))",
        "self.a = nn.Linear(96, 8)",
        "x_enc, x_mark, x_dec, x_mark_dec",
    ),
    "residual": ("return self.a(x) + skip", "self.a = nn.Conv2d(3, 8, 1)", "x, skip"),
    "attention": (
        "q, k, v = (t.view(t.shape[0], -1, 4, 16).transpose(1, 2) for t in (self.a(q), k, v))\n"
        "return F.scaled_dot_product_attention(q, k, v)",
        "self.a = nn.Linear(64, 64)",
        "q, k, v",
    ),
    "tokens and lengths": (
        "return self.a(tokens)[:, :max(lengths.tolist())]", "self.a = nn.Embedding(100, 8)", "tokens, lengths",
    ),
    "pyramid": ("a, b, c = features\nreturn self.a(a)", "self.a = nn.Conv2d(64, 8, 1)", "features"),
    "dictionary": ("return self.a(batch['image'])", "self.a = nn.Conv2d(3, 8, 1)", "batch"),
    "keyword only": ("return self.a(x) * scale", "self.a = nn.Linear(8, 8)", "x, *, scale: float"),
    "sizes": ("b, n, c = x.shape\nreturn x.view(b, h, w, c)", "self.a = nn.LayerNorm(8)", "x, h: int, w: int"),
    "optional": ("return self.a(x if x is not None else y)", "self.a = nn.Linear(8, 8)", "x=None, y=None"),
    "left out, for a layer further in": (
        "return self.a(x) + self.b(y)",
        "self.a = nn.Linear(8, 8)\n        class Inner(nn.Embedding):\n            forward = lambda self, given: "
        "F.embedding(given, self.weight)\n        self.b = Inner(10, 8)",
        "x, y=None",
    ),
    "variable": ("return self.a(xs[0])", "self.a = nn.Linear(8, 8)", "*xs"),
}  # fmt: skip


@pytest.mark.parametrize("name", SEVERAL)
def test_several_inputs_and_odd_ones(write: Callable, name: str) -> None:
    forward, init, parameters = SEVERAL[name]
    graph = write(net(forward, init, parameters)).graph
    assert graph.operators
    assert all(spec.origin.startswith(("assumed", "annotation")) for spec in graph.inputs)


ANNOTATED = {
    "jaxtyping": ('x: Float[torch.Tensor, "batch 3 40 50"]', (1, 3, 40, 50), "float32"),
    "integers": ('x: Int[torch.Tensor, "batch length"]', (1, 128), "int64"),
}


@pytest.mark.parametrize("name", ANNOTATED)
def test_an_annotation_says_the_shape(write: Callable, name: str) -> None:
    parameter, shape, dtype = ANNOTATED[name]
    prelude = "from __future__ import annotations\nimport torch\nfrom torch import nn\n"
    (spec,) = write(net("return x * 2", parameters=parameter), prelude=prelude).graph.inputs
    assert (spec.shape, spec.dtype, spec.origin) == (shape, dtype, "annotation")


def test_a_failure_says_the_likeliest_input(write: Callable) -> None:
    (problem,) = write(net("return self.a(x).no_such()", "self.a = nn.Linear(8, 8)")).analysis.problems
    assert problem.stage == "forward"
    assert "no attribute 'no_such', with the input 1×8 (assumed from a)" in problem.message


def test_the_project_says_the_input(write: Callable, tmp_path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.graphperf.models."model.py::Net"]\ninput = [3, 7, 9]\ninit = "width=9"\nprecision = "fp16"\n'
    )
    source = net("return self.a(x)", "self.a = nn.Linear(width, 8)").replace("__init__(self)", "__init__(self, width)")
    written = write(source)
    (spec,) = written.graph.inputs
    assert (spec.shape, spec.origin) == ((3, 7, 9), "pyproject.toml")
    assert written.analysis.results[0].constructed == "pyproject.toml"


def test_a_wrong_key_in_the_project_is_reported(write: Callable, tmp_path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.graphperf.models."model.py::Net"]\ninputs = [3]\n')
    (problem,) = write(net("return x")).analysis.problems
    assert "unknown key 'inputs'" in problem.message


def test_a_model_whose_eval_returns_nothing(write: Callable) -> None:
    source = net("return self.a(x)", "self.a = nn.Conv2d(3, 8, 1)") + "\n    def eval(self):\n        super().eval()\n"
    assert write(source).graph.inputs[0].shape == (1, 3, 224, 224)


SEEN = {
    "a side path first": ("return self.conv(x) + self.time(t)[:, :, None, None]", "x, t", [(1, 3, 224, 224), (1, 64)]),
    "through a method": ("return self.first(x)", "x", [(1, 3, 224, 224)]),
    "through a loop": ("for layer in self.layers: x = layer(x)\nreturn x", "x", [(1, 3, 224, 224)]),
    "two ways in": ("return self.conv(image).mean((2, 3)) + self.words(text).mean(1)", "image, text",
                    [(1, 3, 224, 224), (1, 128)]),
    "a keyword that is read": ("return self.time(kwargs['labels'].float()) + self.conv(x).mean((2, 3))", "x, **kwargs",
                               [(1, 3, 224, 224), (1, 64)]),
}  # fmt: skip


@pytest.mark.parametrize("name", SEEN)
def test_each_input_follows_the_layer_it_goes_into(write: Callable, name: str) -> None:
    forward, parameters, shapes = SEEN[name]
    init = (
        "self.time = nn.Linear(64, 8); self.words = nn.Embedding(50, 8)\n"
        "        self.conv = nn.Conv2d(3, 8, 1); self.layers = nn.ModuleList([self.conv])\n"
    )
    source = net(forward, init, parameters) + "\n    def first(self, image):\n        return self.conv(image)\n"
    assert [spec.shape for spec in write(source).graph.inputs] == shapes


def test_a_failure_shows_the_first_try_and_what_to_do(write: Callable) -> None:
    written = write(net("raise ValueError(f'no {tuple(x.shape)}')", "self.a = nn.Conv2d(3, 8, 1)"))
    (problem,) = written.analysis.problems
    assert "no (1, 3, 224, 224), with the input 1×3×224×224 (assumed from a)" in problem.message
    assert "`# graphperf: input=(...) init=(...)` above the class" in problem.message


def test_what_is_unpacked_beside_keywords_is_guessed(write: Callable) -> None:
    source = net("return self.a(*args)", "self.a = nn.Linear(8, 8)", "*args, is_training=False")
    assert len(write(source).graph.operators) == 1


def test_a_list_that_is_read_by_key_is_a_dictionary(write: Callable) -> None:
    (spec,) = write(net("return outputs['pred'] * 2", parameters="outputs")).graph.inputs
    assert spec.name == "outputs['pred']"


def test_a_dictionary_without_a_layer_has_something(write: Callable) -> None:
    specs = write(net("return x['a'] * 2", parameters="x: 'dict[str, torch.Tensor]'")).graph.inputs
    assert [spec.name for spec in specs] == ["x['x']", "x['a']"]


def test_a_type_is_none_of_tensors(write: Callable) -> None:
    (spec,) = write(net("return self.a(x.to(dtype))", "self.a = nn.Linear(8, 8)", "x, dtype")).graph.inputs
    assert spec.name == "x"


VIDEOS = {
    "as many frames as it says": ("self.num_frames = 6", "assert x.shape[2] == self.num_frames", (6, 112, 112)),
    "as wide as its positions": ("self.pos = nn.Parameter(torch.zeros(1, 16 * 56 * 56, 4))", "", (16, 224, 224)),
}


@pytest.mark.parametrize("name", VIDEOS)
def test_videos_have_the_sizes_that_a_model_is_made_for(write: Callable, name: str) -> None:
    init, first, sizes = VIDEOS[name]
    layers = f"self.a = nn.Conv3d(3, 4, (1, 4, 4), (1, 4, 4)); {init}"
    last = "return self.a(x).flatten(2).transpose(1, 2) + getattr(self, 'pos', 0)"
    (spec,) = write(net(f"{first}\n{last}".strip(), layers)).graph.inputs
    assert spec.shape[2:] == sizes


def test_few_channels_of_sound_are_a_wave(write: Callable) -> None:
    source = net(
        "x = F.pad(x, (2, 2), mode='reflect')\nreturn self.b(x)",
        "self.c = nn.Conv2d(4, 4, 1); self.b = nn.Conv1d(2, 4, 3)",
    )
    assert write(source).graph.inputs[0].shape == (1, 2, 16000)


def test_a_failure_says_the_input_that_got_much_further(write: Callable) -> None:
    forward = "assert x.dim() == 3, 'must be 3D'\nfor _ in range(9):\n    x = self.a(x)\nreturn x.no_such()"
    (problem,) = write(net(forward, "self.a = nn.Linear(8, 8)")).analysis.problems
    assert "no attribute 'no_such'" in problem.message


def test_features_are_no_images(write: Callable) -> None:
    (spec,) = write(net("return self.a(image_embs)", "self.a = nn.LayerNorm(8)", "image_embs")).graph.inputs
    assert spec.shape[-1] == 8


def test_a_method_of_its_own_called_train_does_not_end_a_capture(write: Callable) -> None:
    source = net("return self.a(x)", "self.a = nn.Linear(8, 8)") + "    def train(self, x_pos, x_neg):\n        pass\n"
    assert len(write(source).graph.operators) == 1


@pytest.mark.parametrize("first", ["feats = inputs[0]\nx, y = feats", "(feats,) = inputs\nx, y = feats"])
def test_several_values_may_be_one_list(write: Callable, first: str) -> None:
    forward = f"{first}\nassert isinstance(feats, list)\nreturn self.a(x) + self.a(y).mean()"
    assert len(write(net(forward, "self.a = nn.Conv2d(64, 8, 1)", "*inputs")).graph.inputs) == 2


def test_an_attribute_is_not_taken_for_a_variable(write: Callable) -> None:
    forward = "pts = x.flatten()\na, b = self.pts.unbind(2)\nreturn a + pts"
    (problem,) = write(net(forward, "self.pts = torch.zeros(4, 4, 3)")).analysis.problems
    assert "too many values to unpack" in problem.message
