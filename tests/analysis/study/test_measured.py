"""Tables of measurements: how rows become cases, what is predicted of them, and how errors are summed up."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from graphperf.analysis.capture import Captured
from graphperf.analysis.capture.request import CaptureRequest
from graphperf.analysis.graph import SourceLine
from graphperf.analysis.numerics import Autocast
from graphperf.analysis.study.measured.cases import Case, sources
from graphperf.analysis.study.measured.errors import Errors, grouped
from graphperf.analysis.study.measured.harness import without_floor
from graphperf.analysis.study.measured.predict import NotPredicted, Predicted, Ready, predicted, predictions, ready
from graphperf.analysis.study.measured.tables import read_cases
from graphperf.analysis.what_if import WhatIf
from graphperf.hardware_profiles import Precision, profile

# The latencies of this file are made up, those of operators from rooflines by hand.
MODELS = """source,model,device,framework,mode,precision,layout,compiled,batch,input,latency_ms,throughput_per_s,energy_j,power_w,peak_mem_mb,note
pytorch-gpu-benchmark,resnet18,GeForce RTX 2080 Ti,pytorch,infer,fp16,nchw,,12,224,2.4,,,,,
pytorch-gpu-benchmark,resnet18,GeForce RTX 2080 Ti,pytorch,train,fp16,nchw,,12,224,9,,,,,
timm,resnet50,RTX 3090,pytorch 2.4,infer,amp,nhwc,,8,224,9.5,,,,,params_m=25.56 gmacs=4.11
timm,vgg13_bn,RTX 3090,pytorch 2.4,infer,amp,nchw,,8,224,9.5,,,,,
timm,resnet50,Abacus,pytorch 2.4,infer,amp,nchw,,8,224,9.5,,,,,
neusight,bert_large,Tesla_T4,pytorch,infer,fp32(no TF32),,,8,seq512,694,,,,,layers=24
"""  # noqa: E501
OPERATORS = """source,split,op,device,dtype,shape,flops,bytes_min,latency_ms,kernel,note
neusight,test,linear,NVIDIA A100-PCIE-40GB,fp32,B=1 M=4096 N=4096 K=4096,1,1,8.2,,
neusight,test,softmax,NVIDIA A100-PCIE-40GB,fp32,B=65536 H=1024,,1,0.41,,
neusight,test,conv,Tesla V100-PCIE-32GB,fp32,B=32 Cin=256 Cout=256 k=3 in=56 s=1 p=1,1,1,4.9,,
neusight,test,relu,Tesla V100-PCIE-32GB,fp32,B=65536 H=1024,,1,0.66,,
"""


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    (tmp_path / "models.csv").write_text(MODELS)
    with gzip.open(tmp_path / "operators.csv.gz", "wt") as file:
        file.write(OPERATORS)
    return tmp_path


def test_rows_become_cases(tables: Path) -> None:
    cases, left = read_cases([tables])
    assert dict(left) == {
        "training is not timed": 1, "no profile for Abacus": 1,
        "vgg13_bn: contiguous rows on RTX 3090 are several times too slow": 1,
    }  # fmt: skip
    first, second, bert = (case for case in cases if not case.is_operator)
    assert (first.device, first.package, first.numerics, first.measured) == (
        "rtx-2080-ti", "torchvision", Precision.FP16, pytest.approx(2.4e-3),
    )  # fmt: skip
    assert second.what_if == {WhatIf.CHANNELS_LAST}
    assert second.parameters == pytest.approx(25.56e6)
    assert (bert.device, bert.size, bert.package, bert.numerics) == ("t4-16gb", "512", "transformers", Precision.FP32)
    assert sum(case.is_operator for case in cases) == 4


PRODUCTS = """source,split,op,device,dtype,shape,flops,bytes_min,latency_ms,kernel,note
neusight,train,linear,NVIDIA A100-PCIE-40GB,fp32,B=1 M=8192 N=64 K=4096,1,1,1,,
neusight,train,bmm,NVIDIA A100-PCIE-40GB,fp32,B=8 M=1024 N=64 K=4096,1,1,1,,
vidur,,linear,A100,fp16,B=1 M=4096 N=7680 K=2560,1,1,1,,
"""


def test_sides_of_products_as_their_source_names_them(tmp_path: Path) -> None:
    """NeuSight's N is the reduction, of `torch.nn.Linear(N, K)`; others write M×K by K×N."""
    (tmp_path / "products.csv").write_text(PRODUCTS)
    cases, _ = read_cases([tmp_path])
    sides = [dict(case.shape) for case in cases]
    assert [(found["M"], found["N"], found["K"]) for found in sides] == [
        (8192, 4096, 64), (1024, 4096, 64), (4096, 7680, 2560),
    ]  # fmt: skip


DEMOS = """source,model,device,framework,mode,precision,layout,compiled,batch,input,latency_ms,throughput_per_s,energy_j,power_w,peak_mem_mb,note
tensorrt-demobert,BERT Large,NVIDIA A30,TensorRT ,infer,fp16,,tensorrt,8,seq384,23.2,,,,,
tensorrt-demobert,BERT base,NVIDIA A30,TensorRT 10.15,infer,int8,,tensorrt,1,seq128,0.61,,,,,
tensorrt-demobert,Megatron Large with Sparsity,NVIDIA A30,TensorRT ,infer,int8-qat,,tensorrt,1,seq128,1.4,,,,,
"""  # noqa: E501


def test_models_and_devices_by_the_names_of_their_source(tmp_path: Path) -> None:
    (tmp_path / "demos.csv").write_text(DEMOS)
    cases, left = read_cases([tmp_path])
    assert [(c.name, c.device, c.mode, c.numerics, c.batch, c.size) for c in cases] == [
        ("bert_large_answering", "a30-24gb", "tensorrt", Precision.FP16, 8, "384"),
        ("bert_base", "l4-24gb", "tensorrt", Precision.INT8, 1, "128"),
    ]
    assert list(left) == ["Megatron Large with Sparsity is not known"]


EDGE = """hardware,power_mode,precision,kind,name,shape,batch,latency_s,energy_j,source_path,trust
intel_i7_12700k,default,fp32,op,matmul,64x128x256 (MxKxN),,1e-3,0.12,a.csv,latency: good; energy: good (window 25 ms)
intel_i7_12700k,default,fp32,op,vector_add,4096 (N),,1e-5,,a.csv,latency: good; energy: invalid
"""
ZEUS = """source,model,device,framework,mode,precision,layout,compiled,batch,input,latency_ms,throughput_per_s,energy_j,power_w,peak_mem_mb,note
zeus,resnet50,A40,pytorch,train-epoch,,,,32,imagenet,1,,1,243,,power_limit_w=300 optimizer=x
zeus,resnet50,A40,pytorch,train-epoch,,,,32,imagenet,1,,1,143,,power_limit_w=150 optimizer=x
"""  # noqa: E501


def test_energies_become_mean_powers(tmp_path: Path, capturer) -> None:
    (tmp_path / "edge.csv").write_text(EDGE)
    (tmp_path / "zeus.csv").write_text(ZEUS)
    cases, left = read_cases([tmp_path])
    assert [(c.name, c.quantity, c.measured) for c in cases] == [
        ("linear", "latency", 1e-3), ("linear", "power", pytest.approx(120)), ("add", "latency", 1e-5),
        ("resnet50", "power", 243),
    ]  # fmt: skip
    assert dict(cases[0].shape) == {"B": 1, "M": 64, "K": 128, "N": 256}
    assert list(left) == ["power limits of zeus below the board's own"]
    found = next(each for each in predictions(cases[1:2], capturer, print) if isinstance(each, Predicted))
    device = profile("i7-12700k")
    assert device.power.static.si < found.value
    assert found.plain == device.power.tdp.si


def test_a_file_that_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"other\.csv: no table of measurements"):
        read_cases([tmp_path / "other.csv"])


def test_other_files_of_a_folder_are_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    (tmp_path / "notes.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "damaged.csv.gz").write_bytes(b"model,latency_ms\n")
    _, left = read_cases([tmp_path])
    assert left == {f"{name} is no table of measurements": 1 for name in ("other.csv", "notes.csv", "damaged.csv.gz")}
    with pytest.raises(ValueError, match=r"notes\.csv: .*utf-8"):
        read_cases([tmp_path / "notes.csv"])


def test_every_named_device_has_a_profile() -> None:
    assert all(profile(name) for name in sources()["devices"].values())
    assert all(profile(each["device"]) for each in sources()["fitted"])


def test_short_runs_end_before_the_power_limit_is_felt(capturer) -> None:
    """P4: 25 runs of 6 ms, of 200 ms, and what T4 does at once."""

    def rate(device: str, m: int) -> float:
        shape = (("B", 1.0), ("M", float(m)), ("N", 4096.0), ("K", 4096.0))
        case = Case("neusight", "linear", device, "test", Precision.FP32, "eager", frozenset(), 1, 1.0, shape=shape)
        found = next(each for each in predictions([case], capturer, print) if isinstance(each, Predicted))
        return 2 * m * 4096**2 / found.value

    assert rate("p4-8gb", 1024) > 1.3 * rate("p4-8gb", 32768)
    assert rate("t4-16gb", 1024) == pytest.approx(rate("t4-16gb", 32768), rel=0.1)


def test_a_third_of_the_subjects_is_held_out_and_every_other_device() -> None:
    elsewhere = Case("timm", "resnet50", "rtx-4090", "", Precision.FP16, "eager", frozenset(), 1, 1.0)
    assert elsewhere.held_out  # nothing was fitted there
    names = [Case("timm", f"net{i}", "rtx-3090", "", Precision.FP16, "eager", frozenset(), 1, 1.0) for i in range(300)]
    assert 70 < sum(case.held_out for case in names) < 130


def test_operators_are_near_their_rooflines(tables: Path, capturer) -> None:
    cases, _ = read_cases([tables / "operators.csv.gz"])
    for each in ready(cases, capturer, print):
        assert isinstance(each, Ready)
        found = predicted(each, profile(each.case.device))
        assert found.value == pytest.approx(each.case.measured, rel=0.3), each.case.name


def test_models_are_captured_and_predicted(tables: Path, capturer) -> None:
    cases, _ = read_cases([tables / "models.csv"])
    (found,) = predictions([case for case in cases if case.package == "torchvision"], capturer, print)
    assert isinstance(found, Predicted)
    assert found.low < found.value < found.high
    assert found.plain < found.value
    assert found.error == pytest.approx(found.value / found.case.measured - 1)


def test_what_cannot_be_predicted_says_why(capturer) -> None:
    case = Case("x", "resnet1", "rtx-3090", "", Precision.FP16, "eager", frozenset(), 1, 1.0, "32", "torchvision")
    found = list(predictions([case], capturer, print))
    assert isinstance(found[0], NotPredicted)
    assert "resnet1" in found[0].reason


@pytest.mark.parametrize(
    ("framework", "file", "made", "casts"),
    [
        ("pytorch 1.12 cu113", "timm/layers/norm.py", "layers.set_fused_attn(False) or create_model('vit')", 3),
        ("pytorch 1.13 cu117", "timm/layers/norm.py", "layers.set_fused_attn(False) or create_model('vit')", 2),
        ("pytorch 2.4.0 cu124", "timm/layers/norm_act.py", "create_model('vit')", 2),
        ("pytorch 2.4.0 cu124", "timm/models/swin_transformer.py", "create_model('vit')", 3),
        ("pytorch 2.4.0 cu124", "timm/layers/patch_embed.py", "create_model('vit')", 3),
    ],
)
def test_models_of_older_frameworks_ran_without_fused_attention_and_fast_norms(
    sketch, framework: str, file: str, made: str, casts: int
) -> None:
    half = sketch.add("linear", {"input": sketch.tensor(4, 64), "weight": sketch.weight(64, 64)}, (4, 64))
    sketch.add("layer_norm", {"input": half}, (4, 64), normalized_shape=(64,))
    asked: list[CaptureRequest] = []

    class OneGraph:
        def capture(self, request: CaptureRequest) -> Captured:
            asked.append(request)
            called = (SourceLine(f"/site-packages/{file}", 1),)
            graph = sketch.graph()
            return Captured(replace(graph, operators=tuple(replace(o, source=called) for o in graph.operators)))

    case = Case("timm", "vit", "rtx-3090", framework, Autocast.FP16, "eager", frozenset(), 4, 1e-3, "64", "timm")
    (found,) = ready([case], OneGraph(), print)
    assert isinstance(found, Ready)
    assert [candidate.expression for candidate in asked[0].candidates] == [made]
    assert sum(kind == "cast" for kind in found.kernels.kind) == casts


def test_a_harness_that_adds_a_fixed_time() -> None:
    def case(seconds: float, table: str = "train", device: str = "t4-16gb") -> Case:
        return Case(
            "neusight", "relu", device, table, Precision.FP32, "eager", frozenset(), 1, seconds, shape=(("B", 1.0),)
        )

    small = case(4e-5)
    kept, short = without_floor(
        [small, case(7e-5), case(1e-3), case(1e-3, "test"), case(1e-3, "test", "a100-pcie-80gb")]
    )
    assert ([c.measured for c in kept], short) == ([pytest.approx(1e-3 - 0.57 * 4e-5)] * 3, 2)
    assert without_floor([case(4e-5, "test")]) == ([case(4e-5, "test")], 0)


@pytest.mark.parametrize(
    ("operator", "row", "device", "before"),
    [
        ("softmax", 1024, "t4-16gb", 0.57),
        ("softmax", 1025, "t4-16gb", 1.0),
        ("softmax", 1025, "v100-pcie-32gb", 0.7),
        ("ln", 64, "t4-16gb", 1.0),
        ("gelu", 4096, "t4-16gb", 0.57),
    ],
)
def test_rows_in_blocks_start_later(operator: str, row: float, device: str, before: float) -> None:
    def case(seconds: float) -> Case:
        shape = (("B", 1.0), ("H", row))
        return Case(
            "neusight", operator, device, "train", Precision.FP32, "eager", frozenset(), 1, seconds, shape=shape
        )

    kept, _ = without_floor([case(4e-5), case(1e-3)])
    assert [each.measured for each in kept] == [pytest.approx(1e-3 - before * 4e-5)]


def test_a_harness_that_adds_more_to_each_convolution() -> None:
    def case(seconds: float, table: str = "train", device: str = "t4-16gb") -> Case:
        shape = (("B", 1.0),)
        return Case("neusight", "conv", device, table, Precision.FP32, "eager", frozenset(), 1, seconds, shape=shape)

    start, linear, square = (1e-6 * each for each in sources()["floors"][0]["growing_us"]["conv"]["t4-16gb"])
    others = [case(1e-3, device="p4-8gb"), case(1e-3, "test")]  # neither of its device, nor of its table
    kept, short = without_floor([case(2e-3), *others, *[case(1e-5)] * 1999, case(2e-3), case(2e-3, "test")])
    assert short == 2000  # the least row of each device among them
    assert kept[0].measured == pytest.approx(2e-3 - start)
    assert kept[-2].measured == pytest.approx(2e-3 - start - 2 * linear - 4 * square)
    assert kept[-1].measured == pytest.approx(2e-3 - start)
    assert without_floor([case(4e-5, "test", "rtx-3090")])[0] == [case(4e-5, "test", "rtx-3090")]


def test_errors_of_known_rows() -> None:
    case = Case("s", "m", "rtx-3090", "", Precision.FP16, "eager", frozenset(), 1, 1.0)
    rows = [Predicted(case, 1 + e, 0.9, 1.05, 0.5, "memory") for e in (-0.3, -0.1, 0.0, 0.1, 0.2)]
    found = Errors.of(rows)
    assert (found.rows, found.median, found.mean, found.bias) == (5, pytest.approx(0.1), pytest.approx(0.14), 0)
    assert (found.near, found.inside, found.plain) == (0.8, 1.0, 0.5)
    assert list(grouped(rows, lambda each: (each.regime,))) == [("memory",)]
