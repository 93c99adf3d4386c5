"""Peaks follow from units, clock and operations a clock, and figures from the formulas that they state."""

import math
import re

import pytest

from graphperf.hardware_profiles import Figure, HardwareProfile, Precision
from graphperf.hardware_profiles.units import factor

from .shipped import DEVICES, of_kind

FP64, FP32, TF32, FP16, BF16, E4M3, E5M2, FP4, INT32, INT8, INT4 = (
    Precision(name) for name in "fp64 fp32 tf32 fp16 bf16 fp8-e4m3 fp8-e5m2 fp4 int32 int8 int4".split()
)
GPUS = of_kind("gpu")
# Dense operations a clock of the matrix units of one SM (AMD: CU), half precision with FP32 accumulation.
NONE: dict[Precision, int] = {}
VOLTA = {FP16: 1024}
XAVIER = {FP16: 1024, INT8: 2048}
TURING = {FP16: 1024, INT8: 2048, INT4: 4096}
TURING_GEFORCE = TURING | {FP16: 512}
GA100 = {FP16: 2048, BF16: 2048, TF32: 1024, FP64: 128, INT8: 4096, INT4: 8192}
GA10X = {FP16: 1024, BF16: 1024, TF32: 512, INT8: 2048, INT4: 4096}
GA10X_GEFORCE = GA10X | {FP16: 512, BF16: 512, TF32: 256}
A10G = GA10X_GEFORCE | {INT8: 1024, INT4: 2048}
ORIN = {FP16: 2048, BF16: 2048, TF32: 1024, INT8: 4096}
ADA = {FP16: 1024, BF16: 1024, TF32: 512, E4M3: 2048, E5M2: 2048, INT8: 2048}
ADA_GEFORCE = ADA | {FP16: 512, BF16: 512, TF32: 256, E4M3: 1024, E5M2: 1024, INT4: 4096}
HOPPER = {FP16: 4096, BF16: 4096, TF32: 2048, FP64: 256, E4M3: 8192, E5M2: 8192, INT8: 8192}
B200 = {FP16: 8192, BF16: 8192, TF32: 4096, FP64: 128, E4M3: 16384, E5M2: 16384, FP4: 32768, INT8: 16384}
THOR = {FP16: 8192, BF16: 8192, E4M3: 16384, E5M2: 16384, FP4: 32768}
GB202 = {FP16: 1024, BF16: 1024, TF32: 512, E4M3: 2048, E5M2: 2048, FP4: 4096, INT8: 2048}
GB202_GEFORCE = GB202 | {FP16: 512, BF16: 512, TF32: 256, E4M3: 1024, E5M2: 1024}
CDNA = {FP16: 1024, BF16: 512, FP32: 256, INT8: 1024}
CDNA2 = {FP16: 1024, BF16: 1024, FP32: 256, FP64: 256, INT8: 1024}
CDNA3 = {FP16: 2048, BF16: 2048, TF32: 1024, FP32: 256, FP64: 256, E4M3: 4096, E5M2: 4096, INT8: 4096}
MATRIX_RATE = {
    **dict.fromkeys(("v100-pcie-32gb", "v100-sxm2-16gb", "v100-sxm2-32gb", "titan-v"), VOLTA),
    **dict.fromkeys(("p100-pcie-16gb", "p4-8gb", "gtx-1080-ti", "titan-xp", "jetson-nano-4gb"), NONE),
    **dict.fromkeys(("a100-pcie-40gb", "a100-pcie-80gb", "a100-sxm4-40gb", "a100-sxm4-80gb", "a30-24gb"), GA100),
    **dict.fromkeys(("h100-pcie-80gb", "h100-sxm5-80gb", "h200-sxm-141gb"), HOPPER),
    **dict.fromkeys(("jetson-agx-orin-64gb", "jetson-orin-nx-16gb", "jetson-orin-nano-8gb"), ORIN),
    **dict.fromkeys(("t4-16gb", "titan-rtx"), TURING),
    **dict.fromkeys(("a40-48gb", "rtx-a4000"), GA10X),
    **dict.fromkeys(("rtx-4070", "rtx-4090"), ADA_GEFORCE),
    "jetson-agx-xavier-32gb": XAVIER,
    "l4-24gb": ADA,
    "l40s-48gb": ADA | {INT4: 2048},
    "rtx-2080-ti": TURING_GEFORCE,
    "rtx-3090": GA10X_GEFORCE,
    "a10g-24gb": A10G,
    "b200-sxm-180gb": B200,
    "jetson-thor-t5000": THOR,
    "rtx-5090": GB202_GEFORCE,
    "rtx-pro-6000-max-q": GB202,
    "mi100": CDNA,
    **dict.fromkeys(("mi210", "mi250", "mi250x"), CDNA2),
    "mi300x": CDNA3,
}
# Vector rates relative to FP32, by architecture; PyTorch's own choice for half types, which is an assumption, is left out.
VOLTA_RATIO = {FP64: 1 / 2, FP16: 2, INT32: 1, INT8: 4}
TURING_RATIO = {FP64: 1 / 32, FP16: 2, INT32: 1}
PASCAL_RATIO = {FP64: 1 / 32, FP16: 1, INT8: 4}
GEFORCE_RATIO = {FP64: 1 / 64, FP16: 1, BF16: 1, INT32: 1 / 2}
VECTOR_RATIO = {
    **dict.fromkeys(("Volta GV100", "Volta GV10B"), VOLTA_RATIO),
    **dict.fromkeys(("Turing TU102", "Turing TU104"), TURING_RATIO),
    **dict.fromkeys(("Pascal GP102", "Pascal GP104"), PASCAL_RATIO),
    **dict.fromkeys(("Ampere GA102", "Ampere GA104", "Ada AD102", "Ada AD104", "Blackwell GB202"), GEFORCE_RATIO),
    "Pascal GP100": {FP64: 1 / 2, FP16: 2},
    "Maxwell GM20B": {FP64: 1 / 32, FP16: 2},
    "Ampere GA100": {FP64: 1 / 2, FP16: 4, BF16: 2, INT32: 1},
    "Hopper GH100": {FP64: 1 / 2, FP16: 2, BF16: 2, INT32: 1 / 2},
    "Blackwell GB100": {FP64: 1 / 2},
    "CDNA gfx908": {FP64: 1 / 2},
    "CDNA2 gfx90a": {FP64: 1},
    "CDNA3 gfx942": {FP64: 1 / 2},
}
CPU_RATIO = {FP64: 1 / 2, FP16: 2, BF16: 2, INT8: 4}
WITHOUT_MATRIX_UNIT = [name for name in GPUS if not DEVICES[name].compute.matrix]


def nearest_power_of_two(rate: float) -> float:
    """What a GPU does a clock, where no table above has it."""
    return 2.0 ** round(math.log2(rate))


@pytest.mark.parametrize("name", GPUS)
def test_fp32_vector_peak_is_units_times_lanes_times_clock(name: str) -> None:
    device = DEVICES[name]
    assert device.gpu is not None
    expected = device.compute.units.si * device.gpu.fp32_lanes_per_sm.si * 2 * device.compute.clock.si
    assert device.peak_flops(FP32, matrix=False) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("name", GPUS)
def test_the_other_vector_peaks_have_the_ratio_of_the_architecture(name: str) -> None:
    device = DEVICES[name]
    ratios = VECTOR_RATIO.get(device.architecture)
    for precision, figure in device.compute.vector.items():
        if precision is not FP32 and not figure.assumed:
            ratio = figure.si / device.compute.vector[FP32].si
            expected = ratios[precision] if ratios else nearest_power_of_two(ratio)
            assert ratio == pytest.approx(expected, rel=0.04), precision  # 0.49 is printed for 0.473


@pytest.mark.parametrize("name", GPUS)
def test_dense_matrix_peaks_are_units_times_tensor_rate_times_clock(name: str) -> None:
    compute, rates = DEVICES[name].compute, MATRIX_RATE.get(name.split("@")[0])
    assert rates is None or set(compute.matrix) == set(rates)
    for precision, peak in compute.matrix.items():
        # FP64 tensor cores keep the clock of the vector units, which the others cannot.
        clock = compute.clock if precision is FP64 else compute.matrix_clock or compute.clock
        rate = peak.si / compute.units.si / clock.si
        expected = rates[precision] if rates is not None else nearest_power_of_two(rate)
        assert rate == pytest.approx(expected, rel=0.03), precision


@pytest.mark.parametrize("name", WITHOUT_MATRIX_UNIT)
def test_a_gpu_without_a_matrix_unit_has_no_tensor_cores(name: str) -> None:
    device = DEVICES[name]
    assert device.gpu is not None
    assert device.gpu.tensor_cores_per_sm.si == 0
    assert device.peak_flops(FP32, matrix=True) == device.peak_flops(FP32, matrix=False)


@pytest.mark.parametrize("name", of_kind("cpu"))
def test_cpu_peak_counts_performance_cores_only(name: str) -> None:
    device = DEVICES[name]
    assert device.cpu is not None
    assert device.cpu.flops_per_clock_performance is not None
    expected = device.cpu.cores_performance.si * device.cpu.flops_per_clock_performance.si * device.compute.clock.si
    assert device.peak_flops(FP32, matrix=True) == pytest.approx(expected, rel=0.03)
    assert device.compute.units.si == device.cpu.cores_performance.si
    assert device.cpu.cores_efficiency.si == 0 or "performance cores only" in device.note
    assert bool(device.compute.matrix) == (device.cpu.matrix_unit is not None)


@pytest.mark.parametrize("name", of_kind("cpu"))
def test_narrow_numbers_fill_the_vectors_of_a_cpu(name: str) -> None:
    vector = DEVICES[name].compute.vector
    for precision in set(vector) - {FP32}:
        assert vector[precision].si == pytest.approx(CPU_RATIO[precision] * vector[FP32].si, rel=0.03), precision


@pytest.mark.parametrize("name", [n for n in of_kind("cpu") if (cpu := DEVICES[n].cpu) and cpu.matrix_unit == "AMX"])
def test_amx_peak_is_cores_times_rate_times_clock(name: str) -> None:
    compute = DEVICES[name].compute
    for precision, rate in ((BF16, 1024), (INT8, 2048)):
        expected = compute.units.si * rate * compute.clock.si
        assert compute.matrix[precision].si == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("name", of_kind("tpu"))
def test_tpu_peak_is_arrays_times_elements_times_clock(name: str) -> None:
    compute, tpu = DEVICES[name].compute, DEVICES[name].tpu
    assert tpu is not None
    assert compute.units.si == tpu.cores.si * tpu.arrays_per_core.si
    expected = compute.units.si * tpu.array_size.si**2 * 2 * compute.clock.si
    assert compute.matrix[BF16].si == pytest.approx(expected, rel=0.03)
    assert tpu.weight_load is None or tpu.weight_load.si == tpu.array_size.si
    assert tpu.vmem_per_core == DEVICES[name].memory.l1_size


@pytest.mark.parametrize("name", of_kind("kpu"))
def test_kpu_peaks_are_the_sum_over_its_tiles(name: str) -> None:
    device, kpu = DEVICES[name], DEVICES[name].kpu
    assert kpu is not None
    assert sum(tiles.count.si for tiles in kpu.tiles.values()) == device.compute.units.si
    for precision, peak in device.compute.matrix.items():
        rates = [(tiles.count.si, tiles.ops_per_clock.get(precision)) for tiles in kpu.tiles.values()]
        a_clock = sum(count * rate.si for count, rate in rates if rate is not None)
        assert peak.si == pytest.approx(a_clock * device.compute.clock.si, rel=0.03), precision
        assert kpu.tiles_for(precision) == sum(count for count, rate in rates if rate is not None)
    assert kpu.scratchpad_per_tile.si * device.compute.units.si == device.memory.llc_size.si


@pytest.mark.parametrize("name", [name for name in DEVICES if DEVICES[name].family == "dla"])
def test_dla_peak_is_its_rate_times_clock(name: str) -> None:
    compute = DEVICES[name].compute
    assert compute.matrix[INT8].si == pytest.approx(16384 * compute.clock.si, rel=0.03)


# A number, its unit if it has one, and a remark: `60 cores`, `64 FLOP/clk (AVX-512)`, `1.9 GHz`, `256 bit`.
FACTOR = r"([\d.]+)(?: ([A-Za-z/]+))?(?: \([^)]*\))?"
PRODUCT = re.compile(rf"derived: (?:EMC )?({FACTOR}(?: \* {FACTOR})+)(?=$|[;,])")
BUS = re.compile(r"(\d+) bit \* ([\d.]+) Gbit/s")
COUNTED = ("cores", "channels", "arrays", "wavefronts", "threads", "tiles", "elements", "lanes", "ALUs", "TPC")


def product(text: str) -> float:
    """The value in SI units of a product as sources state it."""
    factors = (re.fullmatch(FACTOR, part) for part in text.split(" * "))
    return math.prod(float(found[1]) * scale(found[2]) for found in factors if found is not None)


def scale(unit: str | None) -> float:
    if unit is None or unit in COUNTED:
        return 1.0
    return 1 / 8 if unit == "bit" else factor(unit)


def stated_products(device: HardwareProfile) -> list[tuple[str, Figure, str]]:
    found = ((path, figure, PRODUCT.match(figure.source)) for path, figure in device.figures())
    return [(path, figure, match[1]) for path, figure, match in found if match is not None]


@pytest.mark.parametrize("name", [name for name in DEVICES if stated_products(DEVICES[name])])
def test_a_stated_product_is_the_figure(name: str) -> None:
    for path, figure, text in stated_products(DEVICES[name]):
        assert product(text) == pytest.approx(figure.si, rel=0.03), f"{path}: {text}"


@pytest.mark.parametrize("name", [name for name in DEVICES if BUS.search(DEVICES[name].memory.dram_bandwidth.note)])
def test_bandwidth_is_the_width_of_the_bus_times_its_rate(name: str) -> None:
    figure = DEVICES[name].memory.dram_bandwidth
    found = BUS.search(figure.note)
    assert found is not None
    assert figure.si == pytest.approx(int(found[1]) * float(found[2]) / 8 * 1e9, rel=0.03)


def test_the_formulas_are_found() -> None:
    """The patterns above must not pass because they match nothing."""
    paths = {path for path, _, _ in stated_products(DEVICES["xeon-8490h"])}
    assert {"compute.vector.fp32", "compute.matrix.int8", "memory.dram_bandwidth", "memory.l2_size"} <= paths
    assert product("60 cores * 64 FLOP/clk (AVX-512) * 1.9 GHz") == pytest.approx(7.296e12)
    assert product("2133 MHz * 2 * 256 bit") == pytest.approx(136.5e9, rel=0.001)
    assert sum(len(stated_products(device)) for device in DEVICES.values()) > 150
    assert sum(bool(BUS.search(device.memory.dram_bandwidth.note)) for device in DEVICES.values()) > 15
